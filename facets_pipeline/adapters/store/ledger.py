"""The ledger: claims of pending codes, and what became of them. Append-only but for its states.

A call row is the intent; its items claim their codes: no two open items may name the same code,
descriptor and recipe, which the database enforces. Settling writes opinions, findings and outcomes
and closes the call in one transaction. A claim whose process died, or whose lease ended, no longer
holds its codes.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Self

import sqlalchemy as sa

from facets_pipeline.adapters.store.cells import is_settled
from facets_pipeline.adapters.store.codes import page_of_codes
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.late_replies import Asked, is_held, taken_over
from facets_pipeline.adapters.store.leases import LEASE, end_call, take_back_dead
from facets_pipeline.adapters.store.owners import this_owner
from facets_pipeline.adapters.store.pending import code_key, is_claimed, is_in_batch, is_pending
from facets_pipeline.adapters.store.recipes import outcome_floor
from facets_pipeline.adapters.store.schema import call, call_item, code_history, outcome
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.adapters.store.verdicts import record_verdicts
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.ports import Claim, Scope

OPEN, SETTLED, FAILED = "open", "answered", "failed"
"""The states of a local call; one whose process died is `given_back`: it cost nothing."""


class StoreLedger:
    """The ledger of one process on a store; it implements the engine's `Ledger`."""

    def __init__(self, database: Database, run_id: str | None = None) -> None:
        self._database = database
        self._run_id = run_id
        self._owner = this_owner()

    def of_run(self, run_id: str) -> Self:
        """Return the same ledger, whose claims are kept as those of the run `run_id`."""
        return type(self)(self._database, run_id)

    def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the active codes of `scope` without an outcome, claimed ones too."""
        return self._count(scope, recipe_id)

    def askable(self, scope: Scope, recipe_id: str) -> int:
        """Count the pending codes of `scope` that no live batch holds."""
        return self._count(scope, recipe_id, ~is_in_batch(recipe_id))

    def askable_by_chunk(self, scope: Scope, recipe_id: str) -> dict[str, int]:
        """Count the pending codes of `scope` that no live batch holds; chunks with none lack.

        Under any recipe, also one that was never active: what a run by it would ask.
        """
        with self._database.read() as connection:
            if is_settled(connection, scope, recipe_id):
                return {}
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            query = (
                sa.select(code_history.c.chunk, sa.func.count())
                .where(*is_pending(scope, recipe_id, floor), ~is_in_batch(recipe_id))
                .group_by(code_history.c.chunk)
                .order_by(code_history.c.chunk)
            )
            return dict(connection.execute(query).all())

    def in_batch(self, scope: Scope, recipe_id: str) -> int:
        """Count the pending codes of `scope` that a live batch holds."""
        return self._count(scope, recipe_id, is_in_batch(recipe_id))

    def _count(self, scope: Scope, recipe_id: str, *only: sa.ColumnElement[bool]) -> int:
        with self._database.read() as connection:
            if is_settled(connection, scope, recipe_id):
                return 0
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            conditions = [*is_pending(scope, recipe_id, floor), *only]
            query = sa.select(sa.func.count()).select_from(code_history).where(*conditions)
            return int(connection.execute(query).scalar_one())

    def pending_pages(
        self, code_system: str, recipe_id: str, day: date, ask: AskFor = AskFor.LAST
    ) -> Iterator[list[Code]]:
        """Yield the pending codes of `code_system` in order, a page at a time."""
        after = ""
        while page := self._pending_page(Scope(code_system, day, ask=ask), recipe_id, after):
            yield page
            after = page[-1].code

    def _pending_page(self, scope: Scope, recipe_id: str, after: str) -> list[Code]:
        with self._database.read() as connection:
            if is_settled(connection, scope, recipe_id):
                return []
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            return page_of_codes(connection, is_pending(scope, recipe_id, floor), after)

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
            take_back_dead(connection, self._database.now(connection))
            floor = outcome_floor(connection, scope.code_system, recipe_id)
            free = (*is_pending(scope, recipe_id, floor), ~is_claimed(recipe_id))
            codes = page_of_codes(connection, free, after, size)
            if not codes:
                return None
            claim = Claim(uuid.uuid4().hex, tuple(codes))
            self._open(connection, claim, recipe_id)
            return claim

    def settle(self, claim: Claim, recipe_id: str, verdicts: Sequence[Verdict]) -> None:
        """Record verdicts and close the claim, all or nothing.

        Where the claim has ended meanwhile and others hold or have settled a code, theirs is the
        outcome; the late opinion is kept.
        """
        with self._database.write() as connection:
            now = self._database.now(connection)
            taken = set[Asked]()
            if not is_held(connection, claim.call_id):
                taken = taken_over(connection, recipe_id, claim.codes)
            record_verdicts(connection, claim.call_id, recipe_id, verdicts, now, taken)
            end_call(connection, claim.call_id, SETTLED, now)

    def release(self, claim: Claim, error: str) -> None:
        """Give the codes of a claim back; the call is kept as failed with `error`."""
        with self._database.write() as connection:
            # An interrupt may come when the claim is settled, before that is noticed.
            if is_held(connection, claim.call_id):
                end_call(connection, claim.call_id, FAILED, self._database.now(connection), error)

    def _open(self, connection: sa.Connection, claim: Claim, recipe_id: str) -> None:
        now = self._database.now(connection)
        intent = {
            "call_id": claim.call_id,
            "recipe_id": recipe_id,
            "mode": "local",
            "run_id": self._run_id,
            "state": OPEN,
            "owner": self._owner,
            "lease_until": now + LEASE,
            "opened_at": now,
            "codes": len(claim.codes),
            "cost_nano_usd": 0,
        }
        connection.execute(sa.insert(call).values(intent))
        items = [
            {"call_id": claim.call_id, "open": True, **code_key(recipe_id, code)}
            for code in claim.codes
        ]
        connection.execute(sa.insert(call_item), items)
