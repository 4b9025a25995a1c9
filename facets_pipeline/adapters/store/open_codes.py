"""Codes that are not settled, with the reason: pending and why, in review and why. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.cells import is_settled
from facets_pipeline.adapters.store.codes import in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pending import (
    is_about,
    is_claimed,
    is_in_batch,
    is_pending,
    newest_outcome,
)
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import call, call_item, code_history, outcome
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.engine.ports import Scope


class Why(StrEnum):
    """Why a code is pending; where several are true, the first of these counts."""

    IN_BATCH = "in a batch"
    CLAIMED = "being asked now"
    FORCED = "to be asked again by --force"
    NOT_STANDING = "the last answer did not stand"
    LOST = "the last reply was lost"
    DESCRIPTOR = "descriptor changed"
    RECIPE = "recipe changed"
    NEW = "never asked"


@dataclass(frozen=True, slots=True)
class PendingCode:
    """An active code without an outcome under the active recipe.

    Attributes:
        code: The code.
        chunk: Its chunk.
        why: Why it is pending.
        detail: What was wrong with the last answer; empty unless one did not stand.
    """

    code: str
    chunk: str
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class ReviewedCode:
    """A code whose answers did not stand, so that a person should look.

    Attributes:
        code: The code.
        reason: Why, in a sentence.
        attempts: How often it was answered.
        since: When it went to review, in UTC.
    """

    code: str
    reason: str
    attempts: int
    since: datetime


class OpenCodes:
    """Reads the codes of a store that are not settled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reasons(self, code_system: str, day: date) -> dict[str, dict[Why, int]]:
        """Return how many codes are pending for which reason, by chunk; none for whole chunks."""
        with self._database.read() as connection:
            if is_settled(connection, Scope(code_system, day)):
                return {}
            pending = _pending(connection, Scope(code_system, day)).subquery()
            counted = sa.select(pending.c.chunk, pending.c.why, sa.func.count().label("codes"))
            query = counted.group_by(pending.c.chunk, pending.c.why)
            rows = connection.execute(query.order_by(pending.c.chunk, pending.c.why)).all()
        found: dict[str, dict[Why, int]] = {}
        for row in rows:
            found.setdefault(row.chunk, {})[Why(row.why)] = row.codes
        return found

    def pending(self, scope: Scope, most: int) -> list[PendingCode]:
        """Return up to `most` pending codes of `scope`, by chunk and code."""
        with self._database.read() as connection:
            if is_settled(connection, scope):
                return []
            pending = _pending(connection, scope).subquery()
            query = sa.select(pending).order_by(pending.c.chunk, pending.c.code).limit(most)
            rows = connection.execute(query).all()
        return [
            PendingCode(
                row.code,
                row.chunk,
                Why(row.why),
                (row.detail or "") if row.why == Why.NOT_STANDING else "",
            )
            for row in rows
        ]

    def review(self, scope: Scope, most: int) -> list[ReviewedCode]:
        """Return up to `most` codes of `scope` that are in review under the active recipe."""
        with self._database.read() as connection:
            rows = connection.execute(_review(connection, scope).limit(most)).all()
        return [ReviewedCode(row.code, row.reason, row.attempts, row.decided_at) for row in rows]


def _pending(connection: sa.Connection, scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    active = active_on(connection, scope.code_system)
    recipe_id = active.recipe_id if active is not None else ""
    floor = active.outcome_floor if active is not None else 0
    history = code_history.c
    problem = _last_item(recipe_id, call_item.c.problem)
    why = sa.case(
        (is_in_batch(recipe_id), Why.IN_BATCH.value),
        (is_claimed(recipe_id), Why.CLAIMED.value),
        (sa.exists().where(*is_about(outcome, recipe_id)), Why.FORCED.value),
        (problem.is_not(None), Why.NOT_STANDING.value),
        (_was_lost(recipe_id), Why.LOST.value),
        (_settled(outcome.c.recipe_id == recipe_id), Why.DESCRIPTOR.value),
        (_settled(), Why.RECIPE.value),
        else_=Why.NEW.value,
    )
    detail = _last_item(recipe_id, call_item.c.detail)
    return sa.select(history.code, history.chunk, why.label("why"), detail.label("detail")).where(
        *is_pending(scope, recipe_id, floor)
    )


def _settled(*only: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    history = code_history.c
    return sa.exists().where(
        outcome.c.code_system == history.code_system, outcome.c.code == history.code, *only
    )


def _last_item(recipe_id: str, column: sa.Column[str]) -> sa.ScalarSelect[str]:
    return (
        sa.select(column)
        .where(*is_about(call_item, recipe_id), call_item.c.problem.is_not(None))
        .order_by(call_item.c.item_id.desc())
        .limit(1)
        .correlate(code_history)
        .scalar_subquery()
    )


def _was_lost(recipe_id: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        *is_about(call_item, recipe_id),
        call.c.call_id == call_item.c.call_id,
        call.c.state == "in_doubt",
    )


def _review(connection: sa.Connection, scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    active = active_on(connection, scope.code_system)
    history = code_history.c
    conditions = in_force(scope.code_system, scope.day)
    if scope.chunk is not None:
        conditions = (*conditions, history.chunk == scope.chunk)
    return (
        sa.select(outcome.c.code, outcome.c.reason, outcome.c.attempts, outcome.c.decided_at)
        .select_from(code_history)
        .join(outcome, outcome.c.outcome_id == newest_outcome(active))
        .where(*conditions, outcome.c.status == Outcome.IN_REVIEW.value)
        .order_by(outcome.c.code)
    )
