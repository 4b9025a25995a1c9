"""How connections to a store are made: one engine that writes, one that can only read.

Connection options only. Which tables there are stands in `schema`, when a transaction begins and
ends in `database`.
"""

import os
import socket
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from facets_pipeline.adapters.store.patience import connect_patiently
from facets_pipeline.domain.errors import SettingsError

BUSY_SECONDS: Final = 60.0
"""How long a writer waits for another one."""

_QUEUE_SECONDS: Final = 2 * BUSY_SECONDS
_POSTGRES_ARGUMENTS: Final[dict[str, str | int]] = {
    "connect_timeout": 10,
    # A peer that vanished is noticed within a minute instead of two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


POOL_OPTION: Final = "pool_size"
"""In an address: most connections of a process to a Postgres. The driver never sees it."""

KEPT_CONNECTIONS: Final = 2
"""Connections that stay open between transactions: one writes while another one reads."""

MOST_CONNECTIONS: Final = 5
"""Connections of a process at most, unless the address says otherwise."""


class Engines(NamedTuple):
    """The two ways into one store."""

    write: sa.Engine
    read: sa.Engine

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.read.dispose()
        self.write.dispose()


def engines(url: sa.URL) -> Engines:
    """Return the engines of a store; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engines(Path(str(url.database)))
    return _postgres_engines(url)


def pool_limit(url: sa.URL) -> int:
    """Return how many connections a process may have to the Postgres at an address.

    Raises:
        SettingsError: The address says something else than a number from 2 to 20.
    """
    stated = url.query.get(POOL_OPTION, str(MOST_CONNECTIONS))
    if isinstance(stated, str) and stated.isdecimal() and KEPT_CONNECTIONS <= int(stated) <= 20:
        return int(stated)
    raise SettingsError(
        f"The database address says {POOL_OPTION}={stated!r}: say a number from "
        f"{KEPT_CONNECTIONS} to 20, the most connections that one process may have."
    )


def single_connection_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for a connection that holds a Postgres lock and belongs to no pool."""
    engine = sa.create_engine(
        url.difference_update_query([POOL_OPTION]),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=_postgres_arguments(url),
        hide_parameters=True,
    )
    connect_patiently(engine)
    return engine


def keep_log_apart(write: sa.Engine) -> None:
    """Turn a SQLite file to its write-ahead log, for good: readers and the writer never wait."""
    connection = write.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _postgres_engines(url: sa.URL) -> Engines:
    """Return one pool for both: a fleet's processes share the server's few connections."""
    most = pool_limit(url)
    write = sa.create_engine(
        url.difference_update_query([POOL_OPTION]),
        pool_size=KEPT_CONNECTIONS,
        max_overflow=most - KEPT_CONNECTIONS,
        pool_timeout=_QUEUE_SECONDS,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args=_postgres_arguments(url),
        # Values are descriptors and answers: they do not belong into logs.
        hide_parameters=True,
    )
    connect_patiently(write)
    read = write.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(write, read)


def _postgres_arguments(url: sa.URL) -> dict[str, str | int]:
    """Return our connection options, except those that the address sets itself."""
    # Who of a fleet holds what is seen in pg_stat_activity; Postgres cuts the name at 63 bytes.
    name = f"facets-pipeline {os.getpid()}@{socket.gethostname()}"[:63]
    ours = {"application_name": name, **_POSTGRES_ARGUMENTS}
    return {key: value for key, value in ours.items() if key not in url.query}


def _sqlite_engines(path: Path) -> Engines:
    """Return a writer with a single connection (SQLite has one writer anyway) and readers."""
    # Threads queue for the one connection in order; SQLite's own waiting is a lottery.
    write = sa.create_engine(
        "sqlite://",
        creator=lambda: _sqlite_connection(f"{path.as_uri()}?mode=rwc"),
        poolclass=sa.QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_QUEUE_SECONDS,
        hide_parameters=True,
    )
    read = sa.create_engine(
        "sqlite://",
        creator=lambda: _sqlite_connection(f"{path.as_uri()}?mode=ro"),
        poolclass=sa.QueuePool,
        pool_size=2,
        max_overflow=3,
        pool_timeout=_QUEUE_SECONDS,
        hide_parameters=True,
    )
    event.listen(write, "connect", _prepare_writer)
    event.listen(read, "connect", _prepare_reader)
    # A transaction that reads first and writes later cannot wait for its turn: SQLite fails it at
    # once. It therefore takes its turn when it begins.
    event.listen(write, "begin", _begin_immediate)
    event.listen(read, "begin", _begin_deferred)
    return Engines(write, read)


def _sqlite_connection(uri: str) -> sqlite3.Connection:
    """Return a connection on which BEGIN is ours, not the driver's."""
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _prepare_writer(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Make commits durable and references checked."""
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _prepare_reader(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Refuse every statement that writes."""
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
