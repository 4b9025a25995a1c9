"""What can go wrong with a store, said in one sentence with the remedy.

Only failures of the world are translated (unreachable, full, locked, not a database). What points
to a mistake in our own statements, and a broken constraint, passes on as it is.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from facets_pipeline.adapters.store.urls import shown
from facets_pipeline.domain.errors import StoreError

_AGAIN = "then run the command again: what was written before is kept"
_LOCKED = f"another process kept it locked for too long; end that process, {_AGAIN}"
_CHANGED = f"another process changed the same rows at the same time; wait a moment, {_AGAIN}"
_LOST = f"the connection was lost; wait until the server is reachable, {_AGAIN}"
_FULL = f"the disk is full; make room, {_AGAIN}"
_UNREACHABLE = "the server cannot be reached; check that it runs and that host and port are right"

_SQLITE: Final[dict[int, str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PERM: "this user may not write it; change its permissions",
    sqlite3.SQLITE_READONLY: (
        "it, its folder or its file system can only be read; make it writable for this user"
    ),
    sqlite3.SQLITE_IOERR: f"the disk failed to read or write it; check the disk, {_AGAIN}",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup",
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened or created; check that it and its folder are writable for you"
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database; choose another one with --db-url or FACETS_DATABASE_URL"
    ),
    sqlite3.SQLITE_PROTOCOL: (
        "the file system has no working locks; keep the file on a local disk, or use Postgres"
    ),
}
"""By primary result code of SQLite."""

_POSTGRES: Final[dict[str, str]] = {
    "3D000": "there is no such database; create it with createdb, or correct the address",
    "28": "the server refused the user or the password; correct them in the address",
    "42501": "the user lacks a privilege; grant it USAGE and CREATE on the schema and its tables",
    "25006": "the server can only be read; give the address of the primary server",
    "53100": _FULL,
    "53300": "the server has no free connection; end other clients, or raise max_connections",
    "53": f"the server ran out of resources; relieve it, {_AGAIN}",
    "55P03": _LOCKED,
    "57": f"the server ended the connection; wait until it is back, {_AGAIN}",
    "58": f"the server's disk failed; check it, {_AGAIN}",
    "08": _LOST,
    "40": _CHANGED,
}
"""By SQLSTATE, or by its first two characters, the class."""

_REFUSALS: Final[dict[str, str]] = {
    'FATAL:  role "': "28",
    'FATAL:  database "': "3D000",
    "authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    "too many c": "53300",
    "remaining connection slots": "53300",
    "the database system is": "57",
}
"""A refused connection carries no SQLSTATE, only the server's words."""


@contextmanager
def store_failures(url: sa.URL, *, creating: bool = False) -> Generator[None]:
    """Turn failures of the world inside the block into StoreError, and let all else pass.

    While a store is being created or migrated nothing passes: a refused statement then means that
    the database holds tables that are not of this schema.

    Raises:
        StoreError: One sentence with the remedy, without password, statement or values.
    """
    try:
        yield
    except PoolTimeoutError:
        raise StoreError(
            f"The store {shown(url)} gave no connection in time: all of this process's are in "
            f"use; use fewer threads, {_AGAIN}."
        ) from None
    except PendingRollbackError as error:
        # What is asked of a connection that was found lost a moment ago.
        raise StoreError(f"The store {shown(url)} cannot be used: {_LOST}.") from error
    except DBAPIError as error:
        remedy = _remedy(error)
        if remedy is None and creating:
            reason = str(error.orig).partition("\n")[0]
            remedy = f"its tables cannot be made ({reason}); choose a database of its own"
        if remedy is None:
            raise
        raise StoreError(f"The store {shown(url)} cannot be used: {remedy}.") from error


def folder_failure(url: sa.URL, error: OSError) -> StoreError:
    """Return the error of a store whose folder or lock file cannot be made."""
    reason = (error.strerror or str(error)).lower()
    return StoreError(
        f"The store {shown(url)} cannot be used: {reason} at {str(error.filename)!r}; "
        "make that folder writable for this user, or choose another."
    )


def _remedy(error: DBAPIError) -> str | None:
    """Return what to do about a driver's error, or None where it is not the world's fault."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return _SQLITE.get(code & 0xFF)
    if isinstance(cause, psycopg.Error):
        return _postgres_remedy(cause, lost=error.connection_invalidated)
    return None


def _postgres_remedy(cause: psycopg.Error, *, lost: bool) -> str | None:
    """Return what to do about an error of the Postgres driver or server."""
    state = cause.sqlstate
    if state is None:
        if lost:
            return _LOST
        if not isinstance(cause, psycopg.OperationalError):
            return None
        words = str(cause)
        state = next((code for said, code in _REFUSALS.items() if said in words), "")
        return _POSTGRES.get(state, _UNREACHABLE)
    return _POSTGRES.get(state, _POSTGRES.get(state[:2]))
