"""Pieces of the paid ledger: each reads and writes within a transaction that others share.

Which piece when, and in which commit, is `paid_ledger`'s business.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets
from facets_pipeline.adapters.store.budgets import Budget
from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.leases import LEASE
from facets_pipeline.adapters.store.pending import code_key, is_claimed, is_pending
from facets_pipeline.adapters.store.recipes import outcome_floor
from facets_pipeline.adapters.store.schema import call, call_item, code_history
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.usage import Usage
from facets_pipeline.domain.wire import Reading
from facets_pipeline.engine.calls import Reply
from facets_pipeline.engine.ports import Scope, Terms


@dataclass(frozen=True, slots=True)
class Chosen:
    """The questions of one call, and how often each was answered before."""

    questions: tuple[Question, ...]
    attempts: Mapping[str, int]


def choose(
    connection: sa.Connection, scope: Scope, recipe_id: str, *, after: str, most: int
) -> Chosen | None:
    """Return the next pending codes that nobody holds; None if there are none after `after`.

    A code whose last answer did not stand is asked alone, with the problem named.
    """
    floor = outcome_floor(connection, scope.code_system, recipe_id)
    query = (
        sa.select(*CODE_COLUMNS)
        .where(
            *is_pending(scope, recipe_id, floor),
            ~is_claimed(recipe_id),
            code_history.c.code > after,
        )
        .order_by(code_history.c.code)
        .limit(most)
    )
    codes = [Code(*row) for row in connection.execute(query)]
    if not codes:
        return None
    problems = _problems(connection, recipe_id, codes)
    if codes[0].code in problems:
        attempts, detail = problems[codes[0].code]
        return Chosen((Question(codes[0], detail),), {codes[0].code: attempts})
    fresh: list[Question] = []
    for code in codes:
        if code.code in problems:
            break
        fresh.append(Question(code))
    return Chosen(tuple(fresh), {})


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
    connection.execute(sa.insert(call_item), items)
    return call_id


def budgets_of(terms: Terms, now: datetime) -> tuple[Budget, ...]:
    """Return the budgets that a call of `terms` opened `now` falls under."""
    day, run = budgets.scopes_of(now, terms.run_id)
    return (
        Budget(day, terms.day_budget_nano_usd, "raise FACETS_BUDGET_USD_PER_DAY or go on tomorrow"),
        Budget(run, terms.run_budget_nano_usd, "raise --budget-usd and run again"),
    )


def mark_sent(connection: sa.Connection, call_id: str, now: datetime) -> None:
    """Note that a call is made now."""
    values = {"state": "sent", "sent_at": now, "lease_until": now + LEASE}
    connection.execute(sa.update(call).where(call.c.call_id == call_id).values(values))


def record_reply(
    connection: sa.Connection,
    call_id: str,
    reply: Reply,
    usage: Usage,
    cost: int | None,
    now: datetime,
) -> None:
    """Write the raw body with what it used; the codes stay held until it is read.

    A reply that comes after the call was given up is recorded as well: it was paid.
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
    }
    connection.execute(sa.update(call).where(call.c.call_id == call_id).values(values))


def end_items(connection: sa.Connection, call_id: str, readings: Sequence[Reading]) -> None:
    """Let go of the codes of a call, with the problem of each whose answer does not stand."""
    items = sa.update(call_item).where(call_item.c.call_id == call_id)
    connection.execute(items.values(open=False))
    for reading in readings:
        if reading.problem is not None:
            one = items.where(call_item.c.code == reading.code.code)
            connection.execute(one.values(problem=reading.problem.value, detail=reading.detail))


def _problems(
    connection: sa.Connection, recipe_id: str, codes: Sequence[Code]
) -> dict[str, tuple[int, str]]:
    """Return code to number of answers that did not stand, and what was wrong with the last."""
    hashes = {code.code: code.descriptor_hash for code in codes}
    query = (
        sa.select(call_item.c.code, call_item.c.descriptor_hash, call_item.c.detail)
        .where(
            call_item.c.code_system == codes[0].code_system,
            call_item.c.code.in_(list(hashes)),
            call_item.c.recipe_id == recipe_id,
            call_item.c.problem.is_not(None),
        )
        .order_by(call_item.c.item_id)
    )
    found: dict[str, tuple[int, str]] = {}
    for row in connection.execute(query):
        if row.descriptor_hash == hashes[row.code]:
            found[row.code] = (found.get(row.code, (0, ""))[0] + 1, row.detail)
    return found
