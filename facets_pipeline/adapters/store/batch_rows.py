"""Pieces of the batch ledger that open, take and close batches, within a transaction of others.

Which piece when is `batches`' business; what is done with results stands in `batch_replies`.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets
from facets_pipeline.adapters.store.budgets import Budget
from facets_pipeline.adapters.store.owners import is_dead
from facets_pipeline.adapters.store.paid_calls import budgets_of, choose
from facets_pipeline.adapters.store.pending import code_key
from facets_pipeline.adapters.store.schema import batch, call, call_item
from facets_pipeline.domain.prompt import Question
from facets_pipeline.engine.batch_values import (
    OPEN_STATES,
    BatchIntent,
    BatchSize,
    BatchState,
    StoredBatch,
)
from facets_pipeline.engine.ports import Scope, Terms

TEND_LEASE = timedelta(minutes=10)
"""How long a batch is one process's own without a sign of life: longer than sending one takes."""

PREFIX_LENGTH = 12
"""How many hexadecimal digits of our name of a batch begin each of its custom ids."""

NAME_OVERHEAD = 100
"""Bytes that a custom id and its frame take in the body of a batch."""

SLICE = 1_000
"""Codes that are chosen at a time."""

HELD = ("claimed", "sent")
"""States in which a call of a batch holds its codes and its reservation."""

Asked = tuple[tuple[Question, ...], int]
"""Questions that are asked together, and the most that they can cost in nano-dollars."""


def plan(
    connection: sa.Connection, scope: Scope, terms: Terms, size: BatchSize, now: datetime
) -> list[Asked]:
    """Return what goes into the next batch, as far as size and budgets allow.

    Raises:
        BudgetError: Not even the first request fits into a budget.
    """
    limits = budgets_of(terms, now)
    room = _room(connection, limits)
    asked: list[Asked] = []
    weight = codes = reserved = 0
    for group in _groups(connection, scope, terms):
        questions = group if size.codes is None else group[: size.codes - codes]
        weight += size.weigh(questions) + NAME_OVERHEAD
        codes += len(questions)
        worst = terms.worst_case(questions) or 0
        if asked and (weight > size.bytes or (room is not None and reserved + worst > room)):
            break
        reserved += worst
        asked.append((questions, worst))
        if len(asked) == size.requests or codes == size.codes:
            break
    if asked:
        budgets.reserve(connection, limits, reserved)
    return asked


def insert(
    connection: sa.Connection,
    scope: Scope,
    terms: Terms,
    asked: Sequence[Asked],
    owner: str,
    now: datetime,
) -> BatchIntent:
    """Write the intent of a batch: its row, a call for each request, the codes that they hold."""
    batch_id = uuid.uuid4().hex
    prefix = batch_id[:PREFIX_LENGTH]
    calls = {uuid.uuid4().hex: each for each in asked}
    # Not a lease of its own for each call: the batch decides what becomes of its calls.
    lease = {"owner": owner, "lease_until": now + TEND_LEASE, "opened_at": now}
    same = {"recipe_id": terms.recipe_id, "batch_id": batch_id, **lease}
    row = {
        "code_system": scope.code_system,
        "model": terms.model,
        "prefix": prefix,
        "state": BatchState.SUBMITTING.value,
        "requests": len(asked),
        "codes": sum(len(questions) for questions, _worst in asked),
    }
    connection.execute(sa.insert(batch).values({**same, **row}))
    paid = {"mode": "batches", "run_id": terms.run_id, "state": "claimed", "cost_nano_usd": 0}
    rows = [
        {**same, **paid, "call_id": call_id, "codes": len(questions), "reserved_nano_usd": worst}
        for call_id, (questions, worst) in calls.items()
    ]
    connection.execute(sa.insert(call), rows)
    items = [
        {"call_id": call_id, "open": True, **code_key(terms.recipe_id, question.code)}
        for call_id, (questions, _worst) in calls.items()
        for question in questions
    ]
    connection.execute(sa.insert(call_item), items)
    return BatchIntent(batch_id, {f"{prefix}-{name}": asked[0] for name, asked in calls.items()})


def stored(row: sa.RowMapping, now: datetime) -> StoredBatch:
    """Return a row of the table as a value."""
    names = {each.name for each in fields(StoredBatch)}
    values: dict[str, Any] = {name: value for name, value in row.items() if name in names}
    values |= {"state": BatchState(row["state"]), "read_at": now}
    return StoredBatch(**values)


def take(connection: sa.Connection, batch_id: str, owner: str, now: datetime) -> StoredBatch | None:
    """Give an open batch to `owner`; None if another living process tends it."""
    query = sa.select(batch).where(batch.c.batch_id == batch_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None or row["state"] not in OPEN_STATES:
        return None
    is_free = row["owner"] in ("", owner) or row["lease_until"] < now or is_dead(row["owner"])
    if not is_free:
        return None
    update(connection, batch_id, owner=owner, lease_until=now + TEND_LEASE)
    return stored(row, now)


def update(connection: sa.Connection, batch_id: str, **values: object) -> None:
    """Change columns of a batch."""
    connection.execute(sa.update(batch).where(batch.c.batch_id == batch_id).values(values))


def end_calls(
    connection: sa.Connection,
    batch_id: str,
    state: str,
    now: datetime,
    error: str,
    only: Sequence[str] | None = None,
) -> int:
    """End the calls of a batch that still hold codes; return how many codes are pending again.

    Their reservations go back, unless they end `in_doubt`.

    Args:
        connection: A transaction that has the turn to claim.
        batch_id: The batch.
        state: How they end.
        now: When.
        error: Why.
        only: The calls that are meant; None for all.
    """
    meant = [call.c.batch_id == batch_id, call.c.state.in_(HELD)]
    if only is not None:
        meant.append(call.c.call_id.in_(only))
    if state != "in_doubt":
        give_back(connection, meant)
    held = sa.select(call.c.call_id).where(*meant)
    items = sa.update(call_item).where(call_item.c.call_id.in_(held), call_item.c.open)
    codes = connection.execute(items.values(open=False)).rowcount
    ended = sa.update(call).where(*meant)
    connection.execute(ended.values(state=state, closed_at=now, error=error))
    return codes


def give_back(connection: sa.Connection, meant: Sequence[sa.ColumnElement[bool]]) -> None:
    """Give back what calls have reserved."""
    total = sa.func.sum(call.c.reserved_nano_usd)
    query = sa.select(call.c.opened_at, call.c.run_id, total).where(*meant)
    for opened_at, run_id, reserved in connection.execute(
        query.group_by(call.c.opened_at, call.c.run_id)
    ):
        scopes = budgets.scopes_of(opened_at, run_id)
        budgets.settle(connection, scopes, reserved=int(reserved), cost=0)


def _room(connection: sa.Connection, limits: Sequence[Budget]) -> int | None:
    """Return how many nano-dollars fit into all budgets; None if there is no limit."""
    rooms: list[int] = []
    for each in limits:
        if each.limit_nano_usd is not None:
            kept = budgets.spent(connection, each.scope)
            rooms.append(each.limit_nano_usd - kept.settled - kept.reserved)
    return min(rooms, default=None)


def _groups(
    connection: sa.Connection, scope: Scope, terms: Terms
) -> Iterator[tuple[Question, ...]]:
    """Yield questions as they are asked together: fresh codes in groups, the others alone."""
    together, after = terms.codes_per_request, ""
    fresh: list[Question] = []
    while chosen := choose(connection, scope, terms.recipe_id, after=after, most=SLICE):
        after = chosen.questions[-1].code.code
        if chosen.attempts:
            yield chosen.questions
            continue
        fresh += chosen.questions
        while len(fresh) >= together:
            yield tuple(fresh[:together])
            fresh = fresh[together:]
    if fresh:
        yield tuple(fresh)
