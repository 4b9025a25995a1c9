"""The open store: transactions to write, transactions to read, and its clock.

What is written stands beside it, one file per thing that is kept. How connections are made:
`engines`; how tables come to be: `migrations`.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import sqlalchemy as sa

from facets_pipeline.adapters.store.creation_lock import creation_lock
from facets_pipeline.adapters.store.engines import Engines, engines, keep_log_apart
from facets_pipeline.adapters.store.failures import store_failures
from facets_pipeline.adapters.store.migrations.revision import HEAD
from facets_pipeline.adapters.store.standing import stored_step
from facets_pipeline.adapters.store.urls import store_url

_SQLITE_NOW: Final = sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
_POSTGRES_NOW: Final = sa.text("SELECT clock_timestamp()")


class Database:
    """An open store on SQLite or Postgres; several threads and processes may share it.

    Use it as a context manager, or close it:

        with Database.open("sqlite:///facets.db") as database, database.write() as connection:
            connection.execute(...)
    """

    def __init__(self, url: sa.URL, ways: Engines) -> None:
        """Take over the engines of a store that is known to be current; see `open`."""
        self.url: Final = url
        self.dialect: Final = url.get_backend_name()
        self._engines: Final = ways

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a store; create and migrate it first where needed, one process at a time.

        Args:
            url: What `urls.store_url` understands.

        Raises:
            SettingsError: The address cannot be understood.
            StoreError: The store cannot be reached, created or migrated, or a newer version of
                this package has migrated it.
        """
        address = store_url(url)
        ways = engines(address)
        try:
            _make_current(address, ways)
        except BaseException:
            ways.dispose()
            raise
        return cls(address, ways)

    @contextmanager
    def write(self) -> Generator[sa.Connection]:
        """Run the block in one transaction: committed at its end, rolled back on any error.

        On SQLite it waits for its turn when it begins. Do not nest it in itself.

        Raises:
            StoreError: The store failed (locked, full, connection lost); nothing of the block was
                written. A broken constraint stays an IntegrityError.
        """
        with store_failures(self.url), self._engines.write.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """Run the block on one unchanging state of the store; statements that write fail.

        Raises:
            StoreError: The store failed.
        """
        with store_failures(self.url), self._engines.read.begin() as connection:
            yield connection

    def now(self, connection: sa.Connection) -> datetime:
        """Return the store's time in UTC, aware: one clock for all hosts that share a Postgres."""
        if self.dialect == "sqlite":
            return datetime.fromisoformat(connection.execute(_SQLITE_NOW).scalar_one())
        return connection.execute(_POSTGRES_NOW).scalar_one().astimezone(UTC)

    def close(self) -> None:
        """Close all connections; the store itself stays."""
        self._engines.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _make_current(url: sa.URL, ways: Engines) -> None:
    """Bring the store to the schema of this code; a current one is only looked at."""
    with store_failures(url):
        if stored_step(url, ways) == HEAD:
            return
    # Alembic takes longer to import than a current store takes to open.
    from facets_pipeline.adapters.store.migrations.runner import migrate  # noqa: PLC0415

    with creation_lock(url), store_failures(url, creating=True):
        if url.get_backend_name() == "sqlite":
            keep_log_apart(ways.write)
        with ways.write.begin() as connection:
            migrate(connection)
