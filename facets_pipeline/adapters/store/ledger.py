"""The ledger: claims of pending codes, and what became of them. Append-only but for its states.

A call row is the intent; its items claim their codes: no two open items may name the same code,
descriptor and recipe, which the database enforces. Settling writes opinions, findings and outcomes
and closes the call in one transaction. A claim whose lease ended is in doubt and no longer holds
its codes.
"""

import os
import socket
import uuid
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.recipes import outcome_floor
from facets_pipeline.adapters.store.schema import (
    call,
    call_item,
    code_history,
    finding,
    opinion,
    outcome,
)
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.engine.ports import Claim, Scope

LEASE = timedelta(seconds=120)
"""How long a claim holds without a sign of life."""

OPEN, SETTLED, IN_DOUBT, FAILED = "open", "answered", "in_doubt", "failed"
"""The states of a call: asked; its reply was recorded; its lease ended; it was given up."""


class StoreLedger:
    """The ledger of one process on a store; it implements the engine's `Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the active codes of `scope` without an outcome, claimed ones too."""
        with self._database.read() as connection:
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            conditions = _pending(scope, recipe_id, floor)
            query = sa.select(sa.func.count()).select_from(code_history).where(*conditions)
            return int(connection.execute(query).scalar_one())

    def newest_codes(self, code_system: str, number: int) -> list[str]:
        """Return the codes of `code_system` that were settled last, up to `number`, in order."""
        newest = (
            sa.select(outcome.c.code)
            .where(outcome.c.code_system == code_system)
            .order_by(outcome.c.outcome_id.desc())
            .limit(number)
        )
        with self._database.read() as connection:
            return sorted(connection.execute(newest).scalars())

    def claim(self, scope: Scope, recipe_id: str, *, size: int, after: str) -> Claim | None:
        """Claim up to `size` pending codes that sort after `after`; None if there are none."""
        with self._database.write() as connection:
            take_turn(connection, Turn.CLAIM)
            self._expire(connection)
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            query = (
                sa.select(*CODE_COLUMNS)
                .where(
                    *_pending(scope, recipe_id, floor),
                    ~_is_claimed(recipe_id),
                    code_history.c.code > after,
                )
                .order_by(code_history.c.code)
                .limit(size)
            )
            rows = connection.execute(query).all()
            if not rows:
                return None
            claim = Claim(uuid.uuid4().hex, tuple(Code(*row) for row in rows))
            self._open(connection, claim, recipe_id)
            return claim

    def settle(self, claim: Claim, recipe_id: str, verdicts: Sequence[Verdict]) -> None:
        """Record verdicts and close the claim, all or nothing."""
        with self._database.write() as connection:
            now = self._database.now(connection)
            opinions = _insert_opinions(connection, claim, recipe_id, verdicts)
            rows = [
                {
                    **_key(recipe_id, verdict.code),
                    "status": verdict.outcome.value,
                    "opinion_id": opinions.get(verdict.code.code),
                    "call_id": claim.call_id,
                    "reason": verdict.reason,
                    "attempts": verdict.attempts,
                    "decided_at": now,
                }
                for verdict in verdicts
            ]
            connection.execute(sa.insert(outcome), rows)
            self._close(connection, claim, SETTLED, None)

    def release(self, claim: Claim, error: str) -> None:
        """Give the codes of a claim back; the call is kept as failed with `error`."""
        with self._database.write() as connection:
            self._close(connection, claim, FAILED, error)

    def _open(self, connection: sa.Connection, claim: Claim, recipe_id: str) -> None:
        now = self._database.now(connection)
        intent = {
            "call_id": claim.call_id,
            "recipe_id": recipe_id,
            "mode": "local",
            "state": OPEN,
            "owner": self._owner,
            "lease_until": now + LEASE,
            "opened_at": now,
            "codes": len(claim.codes),
            "cost_nano_usd": 0,
        }
        connection.execute(sa.insert(call).values(intent))
        items = [
            {"call_id": claim.call_id, "open": True, **_key(recipe_id, code)}
            for code in claim.codes
        ]
        connection.execute(sa.insert(call_item), items)

    def _close(
        self, connection: sa.Connection, claim: Claim, state: str, error: str | None
    ) -> None:
        closing = {"state": state, "error": error, "closed_at": self._database.now(connection)}
        connection.execute(sa.update(call).where(call.c.call_id == claim.call_id).values(closing))
        items = sa.update(call_item).where(call_item.c.call_id == claim.call_id)
        connection.execute(items.values(open=False))

    def _expire(self, connection: sa.Connection) -> None:
        now = self._database.now(connection)
        dead = sa.select(call.c.call_id).where(call.c.state == "open", call.c.lease_until < now)
        items = sa.update(call_item).where(call_item.c.open, call_item.c.call_id.in_(dead))
        connection.execute(items.values(open=False))
        calls = sa.update(call).where(call.c.state == "open", call.c.lease_until < now)
        connection.execute(calls.values(state="in_doubt", closed_at=now))


def _key(recipe_id: str, code: Code) -> dict[str, str]:
    return {
        "recipe_id": recipe_id,
        "code_system": code.code_system,
        "code": code.code,
        "descriptor_hash": code.descriptor_hash,
    }


def _pending(scope: Scope, recipe_id: str, floor: int) -> list[sa.ColumnElement[bool]]:
    history = code_history.c
    settled = sa.exists().where(
        outcome.c.code_system == history.code_system,
        outcome.c.code == history.code,
        outcome.c.recipe_id == recipe_id,
        outcome.c.descriptor_hash == history.descriptor_hash,
        outcome.c.outcome_id > floor,
    )
    conditions = [*in_force(scope.code_system, scope.day), ~settled]
    if scope.chunk is not None:
        conditions.append(history.chunk == scope.chunk)
    return conditions


def _is_claimed(recipe_id: str) -> sa.ColumnElement[bool]:
    history = code_history.c
    return sa.exists().where(
        call_item.c.code_system == history.code_system,
        call_item.c.code == history.code,
        call_item.c.recipe_id == recipe_id,
        call_item.c.descriptor_hash == history.descriptor_hash,
        call_item.c.open,
    )


def _insert_opinions(
    connection: sa.Connection, claim: Claim, recipe_id: str, verdicts: Sequence[Verdict]
) -> dict[str, int]:
    rows = [
        {
            "call_id": claim.call_id,
            **_key(recipe_id, verdict.code),
            "stated": _stated(verdict.opinion),
        }
        for verdict in verdicts
        if verdict.opinion is not None
    ]
    if not rows:
        return {}
    query = sa.insert(opinion).returning(opinion.c.code, opinion.c.opinion_id)
    keys: dict[str, int] = dict(connection.execute(query, rows).tuples().all())
    _insert_findings(connection, verdicts, keys)
    return keys


def _stated(said: Opinion) -> dict[str, list[object]]:
    return {facet: [stated.value, stated.basis, stated.decided] for facet, stated in said.items()}


def _insert_findings(
    connection: sa.Connection, verdicts: Sequence[Verdict], opinions: dict[str, int]
) -> None:
    rows = [
        {
            "opinion_id": opinions[verdict.code.code],
            "code_system": verdict.code.code_system,
            "code": verdict.code.code,
            "rule": broken.rule,
            "facet": broken.facet,
            "message": broken.message,
        }
        for verdict in verdicts
        for broken in verdict.findings
    ]
    if rows:
        connection.execute(sa.insert(finding), rows)
