"""Pieces of the paid ledger: each reads and writes within a transaction that others share.

Which piece when, and in which commit, is `paid_ledger`'s business.
"""

import functools
import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets
from facets_pipeline.adapters.store.budgets import Budget
from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.leases import LEASE
from facets_pipeline.adapters.store.pasts import NO_PAST, pasts
from facets_pipeline.adapters.store.pending import code_key, is_claimed, is_pending
from facets_pipeline.adapters.store.recipes import outcome_floor
from facets_pipeline.adapters.store.schema import call, call_item, code_history
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.usage import Usage
from facets_pipeline.domain.wire import Reading
from facets_pipeline.engine.calls import Reply
from facets_pipeline.engine.ports import Scope, Terms

_RUN_REMEDY = "raise --budget-usd (for reviews FACETS_REVIEW_BUDGET_USD_PER_DAY) and run again"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The questions of one call, and how often each was answered before."""

    questions: tuple[Question, ...]
    attempts: Mapping[str, int]


def choose(
    connection: sa.Connection, scope: Scope, recipe_id: str, *, after: str, most: int
) -> Chosen | None:
    """Return the next pending codes that nobody holds; None if there are none after `after`.

    They come chunk by chunk: partitions are completed one after another, and since a chunk is a
    mix of all kinds of codes, answers are of even length, so that no limit is idle for a while and
    then in the way.

    A code whose last answer did not stand is asked alone, with the problem named; one whose reply
    was lost twice is asked alone too, so that it takes no neighbours down.
    """
    floor = outcome_floor(connection, scope.code_system, recipe_id)
    query = _free_codes(scope, recipe_id, floor, is_first=not after)
    place: dict[str, int | str] = {"most": most}
    if after:
        place |= {"after_chunk": chunk_of(after), "after_code": after}
    codes = [Code(*row) for row in connection.execute(query, place)]
    if not codes:
        return None
    past = pasts(connection, recipe_id, codes)
    first = past.get(codes[0].code, NO_PAST)
    if first.is_asked_alone:
        return Chosen((Question(codes[0], first.detail),), {codes[0].code: first.attempts})
    together = itertools.takewhile(
        lambda code: not past.get(code.code, NO_PAST).is_asked_alone, codes
    )
    return Chosen(tuple(Question(code) for code in together), {})


@functools.lru_cache(maxsize=64)
def _free_codes(
    scope: Scope, recipe_id: str, floor: int, *, is_first: bool
) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of the next `most` codes, behind a chunk and code unless it is the first.

    Making it takes as long as running it, so it is made once per run.
    """
    history = code_history.c
    place = sa.tuple_(history.chunk, history.code)
    last = sa.tuple_(
        sa.bindparam("after_chunk", type_=sa.Text), sa.bindparam("after_code", type_=sa.Text)
    )
    return (
        sa.select(*CODE_COLUMNS)
        .where(
            *is_pending(scope, recipe_id, floor),
            ~is_claimed(recipe_id),
            *([] if is_first else [place > last]),
        )
        .order_by(history.chunk, history.code)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


def open_call(
    connection: sa.Connection,
    terms: Terms,
    questions: Sequence[Question],
    *,
    owner: str,
    now: datetime,
    reserved: int,
) -> str:
    """Write the intent of a call and claim its codes; return its id."""
    call_id = uuid.uuid4().hex
    intent = {
        "call_id": call_id,
        "recipe_id": terms.recipe_id,
        "mode": "messages",
        "run_id": terms.run_id,
        "state": "claimed",
        "owner": owner,
        "lease_until": now + LEASE,
        "opened_at": now,
        "codes": len(questions),
        "reserved_nano_usd": reserved,
        "cost_nano_usd": 0,
    }
    connection.execute(sa.insert(call).values(intent))
    items = [
        {"call_id": call_id, "open": True, **code_key(terms.recipe_id, question.code)}
        for question in questions
    ]
    if items:
        connection.execute(sa.insert(call_item), items)
    return call_id


def budgets_of(terms: Terms, now: datetime) -> tuple[Budget, ...]:
    """Return the budgets that a call of `terms` opened `now` falls under."""
    day, run = budgets.scopes_of(now, terms.run_id)
    return (
        Budget(day, terms.day_budget_nano_usd, "raise FACETS_BUDGET_USD_PER_DAY or go on tomorrow"),
        Budget(run, terms.run_budget_nano_usd, _RUN_REMEDY),
    )


def mark_sent(connection: sa.Connection, call_id: str, now: datetime) -> bool:
    """Note that a call is made now; False if it is no longer claimed, and must not be made."""
    values = {"state": "sent", "sent_at": now, "lease_until": now + LEASE}
    claimed = sa.update(call).where(call.c.call_id == call_id, call.c.state == "claimed")
    return connection.execute(claimed.values(values)).rowcount == 1


def state_of(connection: sa.Connection, call_id: str) -> str:
    """Return the state of a call; it stays so as long as the transaction has the turn to claim."""
    query = sa.select(call.c.state).where(call.c.call_id == call_id)
    return connection.execute(query).scalar_one()


def holds(connection: sa.Connection, call_id: str) -> bool:
    """Tell whether a call still holds codes: else others may have gone on with them."""
    query = sa.select(sa.exists().where(call_item.c.call_id == call_id, call_item.c.open))
    return bool(connection.execute(query).scalar_one())


def record_reply(
    connection: sa.Connection,
    call_id: str,
    reply: Reply,
    usage: Usage,
    cost: int | None,
    now: datetime,
) -> bool:
    """Write the raw body with what it used; the codes stay held until it is read.

    A reply that comes after the call was given up is recorded as well: it was paid.

    Returns:
        False if it had been recorded before: then nothing was written, nothing is owed again.
    """
    values = {
        "state": "answered",
        "closed_at": now,
        "request_id": reply.request_id,
        "http_status": 200,
        "raw_body": reply.body,
        "usage": dict(reply.usage),
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "thinking_tokens": usage.thinking_tokens,
        "cost_nano_usd": cost,
        "error": None,
    }
    unread = sa.update(call).where(call.c.call_id == call_id, call.c.state != "answered")
    return connection.execute(unread.values(values)).rowcount == 1


def end_items(connection: sa.Connection, call_id: str, readings: Sequence[Reading]) -> None:
    """Let go of the codes of a call, with the problem of each whose answer does not stand."""
    items = sa.update(call_item).where(call_item.c.call_id == call_id)
    connection.execute(items.values(open=False))
    for reading in readings:
        if reading.problem is not None:
            one = items.where(call_item.c.code == reading.code.code)
            connection.execute(one.values(problem=reading.problem.value, detail=reading.detail))
