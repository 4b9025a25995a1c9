"""Many small writes, one commit: what waits while a commit runs goes into the next one together.

A paid call takes four small writes. Each commit waits for the disk, and stores let in one writer at
a time; so one thread collects whatever is asked for and writes it in one transaction, each piece in
a savepoint of its own. A piece is reported done only after the commit that holds it.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.failures import store_failures
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.errors import StoreError

Result = TypeVar("Result")

MOST_AT_ONCE = 64
"""Pieces in one transaction: others wait for the store meanwhile."""


class GroupCommit:
    """Writes to a store for one process; close it, or use it as a context manager."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pieces: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="group-commit", daemon=True)
        self._thread.start()

    async def write(self, piece: Callable[[sa.Connection], Result]) -> Result:
        """Run `piece` in a transaction, and return its result once that is committed.

        Raises:
            StoreError: The commit failed; nothing of the piece was written.
            Exception: Whatever `piece` raises; the pieces beside it are not affected.
        """
        waiting: Future[Any] = Future()
        self._pieces.put((piece, waiting))
        return await asyncio.wrap_future(waiting)

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._pieces.put(None)
        self._thread.join()

    def __enter__(self) -> "GroupCommit":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _work(self) -> None:
        closing = False
        while not closing:
            pieces = [self._pieces.get()]
            while len(pieces) < MOST_AT_ONCE and not self._pieces.empty():
                pieces.append(self._pieces.get())
            closing = None in pieces
            # Whoever was cancelled meanwhile no longer waits: its piece is not written.
            self._commit(
                [each for each in pieces if each and each[1].set_running_or_notify_cancel()]
            )

    def _commit(self, pieces: "list[_Piece]") -> None:
        if not pieces:
            return
        try:
            with self._database.write() as connection:
                # Claims, budgets and rate limits of all processes are the same rows: queueing up
                # front rules out deadlocks.
                take_turn(connection, Turn.CLAIM)
                if len(pieces) == 1:
                    # Alone, it needs no savepoint: what it raises rolls back all that there is.
                    ends = [_End(pieces[0][0](connection))]
                else:
                    ends = [self._end_of(connection, piece) for piece, _waiting in pieces]
        except Exception as error:  # noqa: BLE001 - the commit failed for all of them
            ends = [_End(error=error) for _ in pieces]
        for (_piece, waiting), end in zip(pieces, ends, strict=True):
            if end.error is None:
                waiting.set_result(end.result)
            else:
                waiting.set_exception(end.error)

    def _end_of(self, connection: sa.Connection, piece: Callable[[sa.Connection], Any]) -> "_End":
        try:
            return _End(self._written(connection, piece))
        except StoreError:
            # The store itself failed: no piece of this transaction will be written.
            raise
        except Exception as error:  # noqa: BLE001 - it is handed to who asked for it
            return _End(error=error)

    def _written(
        self, connection: sa.Connection, piece: Callable[[sa.Connection], Result]
    ) -> Result:
        with store_failures(self._database.url):
            savepoint = connection.begin_nested()
        try:
            with store_failures(self._database.url):
                result = piece(connection)
                savepoint.commit()
        except StoreError:
            # A full disk has ended the whole transaction: there is no savepoint to go back to.
            raise
        except BaseException:
            savepoint.rollback()
            raise
        return result


@dataclass(frozen=True, slots=True)
class _End:
    """How a piece ended: with a result, or with an error."""

    result: Any = None
    error: Exception | None = None


_Piece = tuple[Callable[[sa.Connection], Any], Future[Any]]
