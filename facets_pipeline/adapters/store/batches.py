"""The batch ledger of one process: each step of a batch's life in a transaction of its own.

    intent -> sent -> the API's name -> results, a page at a time -> closed

A batch is tended by one process at a time, which others take over from when it dies or falls
silent. That spares work; it is not what keeps answers from counting twice: every step looks at
what the rows say before it changes them.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store import batch_replies, batch_rows
from facets_pipeline.adapters.store.batch_replies import PriceOf
from facets_pipeline.adapters.store.batch_rows import TEND_LEASE
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.group_commit import GroupCommit
from facets_pipeline.adapters.store.owners import this_owner
from facets_pipeline.adapters.store.schema import batch, call
from facets_pipeline.engine.batch_values import (
    OPEN_STATES,
    BatchIntent,
    BatchSize,
    BatchState,
    ItemResult,
    Recorded,
    Settled,
    StoredBatch,
)
from facets_pipeline.engine.ports import Scope, Terms

_NO_RESULT = "The batch ended without a result for this request."


class StoreBatchLedger:
    """Implements the engine's `BatchLedger` on a store; close it, or use it as a context manager.

    Args:
        database: The store.
        price: What a usage costs in a batch.
    """

    def __init__(self, database: Database, price: PriceOf) -> None:
        self._database = database
        self._price = price
        self._commits = GroupCommit(database)
        self._owner = this_owner()

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._commits.close()

    def __enter__(self) -> "StoreBatchLedger":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def open(self, scope: Scope, terms: Terms, size: BatchSize) -> BatchIntent | None:
        """Claim pending codes, reserve their worst case, write the intent; None if none are free.

        Raises:
            BudgetError: Not even one request fits into a budget.
        """

        def piece(connection: sa.Connection) -> BatchIntent | None:
            now = self._database.now(connection)
            asked = batch_rows.plan(connection, scope, terms, size, now)
            if not asked:
                return None
            return batch_rows.insert(connection, scope, terms, asked, self._owner, now)

        return await self._commits.write(piece)

    async def begin(self, batch_id: str) -> bool:
        """Show that the batch is sent now; False if others have given it up meanwhile."""

        def piece(connection: sa.Connection) -> bool:
            held = batch_rows.take(
                connection, batch_id, self._owner, self._database.now(connection)
            )
            return held is not None and held.state is BatchState.SUBMITTING

        return await self._commits.write(piece)

    async def submitted(self, batch_id: str, remote_id: str) -> bool:
        """Write the API's name of a batch; False if it had been given up: it must be cancelled.

        Also then it is open from now on: what it answers is paid, and is recorded.
        """

        def piece(connection: sa.Connection) -> bool:
            row = _row(connection, batch_id)
            if row.remote_id == remote_id:
                # Others found it at the API while this process was waiting for the reply.
                return True
            now = self._database.now(connection)
            in_time = row.state in OPEN_STATES
            state = BatchState.SUBMITTED if in_time else BatchState.CANCELING
            named = {"state": state.value, "remote_id": remote_id, "submitted_at": now}
            batch_rows.update(connection, batch_id, **named, closed_at=None, error=None)
            claimed = sa.update(call).where(call.c.batch_id == batch_id, call.c.state == "claimed")
            connection.execute(claimed.values(state="sent", sent_at=now))
            return in_time

        return await self._commits.write(piece)

    async def open_batches(self) -> Sequence[StoredBatch]:
        """Return the batches that hold codes, oldest first."""
        return stored_batches(self._database, open_only=True)

    async def take(self, batch_id: str) -> StoredBatch | None:
        """Tend a batch alone from now on; None if another process does, or it is closed."""

        def piece(connection: sa.Connection) -> StoredBatch | None:
            now = self._database.now(connection)
            return batch_rows.take(connection, batch_id, self._owner, now)

        return await self._commits.write(piece)

    async def let_go(self, batch_id: str, error: str | None = None) -> None:
        """Let others tend a batch; `error` says why it does not go on."""

        def piece(connection: sa.Connection) -> None:
            mine = sa.update(batch).where(
                batch.c.batch_id == batch_id, batch.c.owner == self._owner
            )
            values = {"owner": ""} if error is None else {"owner": "", "error": error}
            connection.execute(mine.values(values))

        await self._commits.write(piece)

    async def seen(self, batch_id: str) -> None:
        """Note that the API shows a batch, or something that may be it."""

        def piece(connection: sa.Connection) -> None:
            batch_rows.update(connection, batch_id, seen_at=self._database.now(connection))

        await self._commits.write(piece)

    async def canceling(self, batch_id: str) -> None:
        """Note that the API was told to stop."""

        def piece(connection: sa.Connection) -> None:
            submitted = sa.update(batch).where(
                batch.c.batch_id == batch_id, batch.c.state == BatchState.SUBMITTED.value
            )
            connection.execute(submitted.values(state=BatchState.CANCELING.value))

        await self._commits.write(piece)

    async def known(self, remote_ids: Sequence[str]) -> set[str]:
        """Return which of the API's names are those of batches in the ledger."""
        query = sa.select(batch.c.remote_id).where(batch.c.remote_id.in_(remote_ids))
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    async def record(self, batch_id: str, results: Sequence[ItemResult]) -> Recorded:
        """Make results durable; those that were recorded before change nothing."""

        def piece(connection: sa.Connection) -> Recorded:
            now = self._database.now(connection)
            row = _row(connection, batch_id)
            if row.owner == self._owner:
                batch_rows.update(connection, batch_id, lease_until=now + TEND_LEASE)
            return batch_replies.record(connection, batch_id, row.model, results, self._price, now)

        return await self._commits.write(piece)

    async def settle(self, batch_id: str) -> Settled:
        """Read some recorded replies that nobody has read; `calls` 0 if there are none."""

        def piece(connection: sa.Connection) -> Settled:
            now = self._database.now(connection)
            recipe_id = _row(connection, batch_id).recipe_id
            return batch_replies.settle(connection, batch_id, recipe_id, now)

        return await self._commits.write(piece)

    async def finish(self, batch_id: str, *, missing_in_doubt: bool) -> int:
        """Close a batch; return how many codes had no result and are pending again."""
        state = "in_doubt" if missing_in_doubt else "refused"
        return await self._close(batch_id, BatchState.INGESTED, state, _NO_RESULT, None)

    async def give_up(self, batch_id: str, error: str, *, in_doubt: bool) -> int:
        """Close a batch without results; return how many codes are pending again.

        In doubt, what it had reserved stays counted: it may have been paid.
        """
        state = "in_doubt" if in_doubt else "given_back"
        return await self._close(batch_id, BatchState.ABANDONED, state, error, error)

    async def _close(
        self, batch_id: str, state: BatchState, of_calls: str, why: str, error: str | None
    ) -> int:
        def piece(connection: sa.Connection) -> int:
            if _row(connection, batch_id).state not in OPEN_STATES:
                return 0
            now = self._database.now(connection)
            returned = batch_rows.end_calls(connection, batch_id, of_calls, now, why)
            values = {"state": state.value, "closed_at": now, "owner": "", "error": error}
            batch_rows.update(connection, batch_id, **values)
            return returned

        return await self._commits.write(piece)


def stored_batches(database: Database, *, open_only: bool = False) -> list[StoredBatch]:
    """Return the batches of a store, oldest first."""
    query = sa.select(batch).order_by(batch.c.opened_at, batch.c.batch_id)
    if open_only:
        query = query.where(batch.c.state.in_(OPEN_STATES))
    with database.read() as connection:
        now = database.now(connection)
        return [batch_rows.stored(row, now) for row in connection.execute(query).mappings().all()]


def has_replies(database: Database, recipe_id: str) -> bool:
    """Tell whether the API has ever answered anything under a recipe."""
    query = sa.exists().where(call.c.recipe_id == recipe_id, call.c.state == "answered")
    with database.read() as connection:
        return bool(connection.execute(sa.select(query)).scalar_one())


def _row(connection: sa.Connection, batch_id: str) -> Any:  # noqa: ANN401 - a row of the table
    query = sa.select(batch).where(batch.c.batch_id == batch_id).with_for_update()
    return connection.execute(query).one()
