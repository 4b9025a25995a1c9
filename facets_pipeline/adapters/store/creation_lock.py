"""One creator at a time: the lock under which a store is made and migrated.

It may also guard whatever else must be created once beside the store. It never guards daily work.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from filelock import FileLock, Timeout

from facets_pipeline.adapters.store.engines import single_connection_engine
from facets_pipeline.adapters.store.failures import folder_failure, store_failures
from facets_pipeline.adapters.store.urls import shown
from facets_pipeline.domain.errors import StoreError

LOCK_SECONDS: Final = 120
_ADVISORY_KEY: Final = int.from_bytes(b"facets", "big")
"""Advisory locks are numbers, one name space per database."""


@contextmanager
def creation_lock(url: sa.URL) -> Generator[None]:
    """Hold the store's creation lock: a file beside a SQLite file, an advisory lock on Postgres.

    A process that dies gives it up. It is not reentrant.

    Raises:
        StoreError: The place cannot be reached or written, or the lock was held for too long.
    """
    if url.get_backend_name() == "sqlite":
        with _file_lock(url, Path(str(url.database))):
            yield
    else:
        with _advisory_lock(url):
            yield


@contextmanager
def _file_lock(url: sa.URL, path: Path) -> Generator[None]:
    """Hold the lock file beside a SQLite file, creating its folder."""
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"The store {shown(url)} is being created by another process for more than "
            f"{LOCK_SECONDS} s: end that process, then run the command again."
        ) from None
    except OSError as error:
        raise folder_failure(url, error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(url: sa.URL) -> Generator[None]:
    """Hold the advisory lock on a connection of its own, so that no pool can lend it out."""
    engine = single_connection_engine(url)
    with store_failures(url):
        connection = engine.connect()
    with connection:
        with store_failures(url):
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            connection.execute(sa.select(sa.func.pg_advisory_lock(_ADVISORY_KEY)))
        yield
