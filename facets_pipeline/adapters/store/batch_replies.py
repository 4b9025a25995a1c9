"""Results of batches: made durable first, read from the recorded body after that.

Both may be done again at any time: what was recorded or read before is passed over.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets, paid_calls
from facets_pipeline.adapters.store.batch_rows import HELD, end_calls
from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.pasts import pasts
from facets_pipeline.adapters.store.schema import call, call_item, code_history
from facets_pipeline.adapters.store.verdicts import record_verdicts
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.outcomes import Verdict, verdict_of
from facets_pipeline.domain.usage import Usage, usage_of
from facets_pipeline.domain.wire import read_answer
from facets_pipeline.engine.batch_values import ItemResult, Recorded, Settled
from facets_pipeline.engine.calls import InDoubt, Reply

PriceOf = Callable[[str, Usage], int | None]
"""Returns what a usage of a model costs in a batch, in nano-dollars; None if that is not known."""

READ_AT_ONCE = 50
"""Replies that are read in one transaction."""

_KEEPS_RESERVATION = (*HELD, "in_doubt")


def record(
    connection: sa.Connection,
    batch_id: str,
    model: str,
    results: Sequence[ItemResult],
    price: PriceOf,
    now: datetime,
) -> Recorded:
    """Write answers with what they used, end what was not answered, settle the budgets.

    Results under names that are not of this batch are passed over.
    """
    by_call = {result.custom_id.rpartition("-")[2]: result for result in results}
    query = sa.select(
        call.c.call_id, call.c.state, call.c.opened_at, call.c.run_id, call.c.reserved_nano_usd
    ).where(call.c.batch_id == batch_id, call.c.call_id.in_(list(by_call)))
    cost: int | None = 0
    usages: list[Usage] = []
    unpaid: Counter[str] = Counter()
    for row in connection.execute(query).all():
        result = by_call[row.call_id]
        if result.body is None:
            one = [row.call_id]
            codes = end_calls(connection, batch_id, "refused", now, result.error, only=one)
            unpaid[result.error] += codes
        elif row.state != "answered":
            usage, owed = _record_reply(connection, row, result.body, partial(price, model), now)
            usages.append(usage)
            cost = None if cost is None or owed is None else cost + owed
    return Recorded(usages, cost, {why: codes for why, codes in unpaid.items() if codes})


def settle(connection: sa.Connection, batch_id: str, recipe_id: str, now: datetime) -> Settled:
    """Read some recorded replies whose codes are still held: outcomes, or back to pending."""
    unread = sa.exists().where(call_item.c.call_id == call.c.call_id, call_item.c.open)
    query = (
        sa.select(call.c.call_id, call.c.raw_body)
        .where(call.c.batch_id == batch_id, call.c.state == "answered", unread)
        .order_by(call.c.call_id)
        .limit(READ_AT_ONCE)
    )
    rows = connection.execute(query).all()
    if not rows:
        return Settled(0, (), 0)
    asked = _codes(connection, [row.call_id for row in rows])
    past = pasts(connection, recipe_id, [code for codes in asked.values() for code in codes])
    attempts = {code: each.attempts for code, each in past.items()}
    verdicts: list[Verdict] = []
    returned = 0
    for row in rows:
        codes = asked[row.call_id]
        found = _settle_one(connection, row, recipe_id, codes, attempts, now)
        verdicts += found
        returned += len(codes) - len(found)
    return Settled(len(rows), verdicts, returned)


def _record_reply(
    connection: sa.Connection,
    row: Any,  # noqa: ANN401 - a row of the query above
    body: str,
    price: Callable[[Usage], int | None],
    now: datetime,
) -> tuple[Usage, int | None]:
    reply = _reply(body)
    usage, cost = _used(reply, price)
    paid_calls.record_reply(connection, row.call_id, reply, usage, cost, now)
    reserved = row.reserved_nano_usd if row.state in _KEEPS_RESERVATION else 0
    # Of a cost that is not known the budgets keep the worst case.
    settled = row.reserved_nano_usd if cost is None else cost
    scopes = budgets.scopes_of(row.opened_at, row.run_id)
    budgets.settle(connection, scopes, reserved=reserved, cost=settled)
    return usage, cost


def _reply(body: str) -> Reply:
    try:
        return Reply.of_body(body)
    except InDoubt:
        # The API counts it as answered, so it is paid: it is kept, and reads as a bad answer.
        return Reply(body, "", None, {})


def _used(reply: Reply, price: Callable[[Usage], int | None]) -> tuple[Usage, int | None]:
    # A usage that makes no sense must not keep a paid reply from being recorded.
    if not reply.usage:
        return Usage(), None
    try:
        usage = usage_of(reply.usage, ttl="1h")
    except AnnotatorError:
        return Usage(), None
    return usage, price(usage)


def _settle_one(
    connection: sa.Connection,
    row: Any,  # noqa: ANN401 - a row of the query above
    recipe_id: str,
    codes: Sequence[Code],
    attempts: Mapping[str, int],
    now: datetime,
) -> list[Verdict]:
    reply = _reply(row.raw_body)
    readings = read_answer(reply.text, codes, stop_reason=reply.stop_reason)
    judged = [
        verdict_of(reading, attempts=attempts.get(reading.code.code, 0) + 1) for reading in readings
    ]
    verdicts = [verdict for verdict in judged if verdict is not None]
    record_verdicts(connection, row.call_id, recipe_id, verdicts, now)
    paid_calls.end_items(connection, row.call_id, readings)
    return verdicts


def _codes(connection: sa.Connection, call_ids: Sequence[str]) -> dict[str, list[Code]]:
    """Return the codes that calls still hold, as they were asked, in order."""
    item = call_item.c
    query = (
        sa.select(item.call_id, item.code_system, item.code, item.descriptor_hash)
        .where(item.call_id.in_(call_ids), item.open)
        .order_by(item.item_id)
    )
    held = connection.execute(query).all()
    known = _as_asked(connection, held[0].code_system, {row.code for row in held})
    found: defaultdict[str, list[Code]] = defaultdict(list)
    for row in held:
        found[row.call_id].append(known[row.code, row.descriptor_hash])
    return found


def _as_asked(
    connection: sa.Connection, code_system: str, codes: Set[str]
) -> dict[tuple[str, str], Code]:
    """Return the newest row of each code and descriptor, by code and descriptor hash."""
    history = code_history.c
    query = (
        sa.select(history.descriptor_hash, *CODE_COLUMNS)
        .where(
            history.code_system == code_system,
            # The chunk leads to a code by an index, as the code alone would not.
            history.chunk.in_({chunk_of(code) for code in codes}),
            history.code.in_(codes),
        )
        .order_by(history.history_id)
    )
    return {(row[2], row[0]): Code(*row[1:]) for row in connection.execute(query).all()}
