"""What a search does when its table is not there: it tries once more, then says what to do.

The flat table may be dropped and made again at any time; whoever makes it takes a moment.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from facets_pipeline.adapters.store.failures import store_failures
from facets_pipeline.adapters.store.urls import shown
from facets_pipeline.domain.errors import StoreError

AGAIN_AFTER_SECONDS: Final = 0.1

_GONE: Final = frozenset({"42P01", "42703", "0A000"})
"""No such table, no such column, a prepared query whose table has changed since."""

_TOO_LONG: Final = "57014"

Result = TypeVar("Result")


def search_failures(url: sa.URL, work: Callable[[], Result]) -> Result:
    """Return what `work` returns; a second try is made where the table was being made anew.

    Raises:
        StoreError: One sentence with the remedy; the store cannot be read, holds no table of
            facets, or the search took too long.
    """
    try:
        return _translated(url, work)
    except _TableGoneError:
        time.sleep(AGAIN_AFTER_SECONDS)
    try:
        return _translated(url, work)
    except _TableGoneError:
        raise StoreError(
            f"The store {shown(url)} has no table of facets as this version makes it: run "
            "`facets generate`, which makes it from what is stored."
        ) from None


class _TableGoneError(Exception):
    """The flat table, or a column of it, is not there."""


def _translated(url: sa.URL, work: Callable[[], Result]) -> Result:
    try:
        with store_failures(url):
            return work()
    except StoreError as error:
        if _state(error.__cause__) == _TOO_LONG:
            raise StoreError(
                "The search took too long and was stopped: choose more filters or longer words."
            ) from error
        raise
    except DBAPIError as error:
        if _state(error) in _GONE:
            raise _TableGoneError from error
        raise


def _state(error: BaseException | None) -> str:
    """Return the SQLSTATE of a driver's error; SQLite gives words alone."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, psycopg.Error):
        return cause.sqlstate or ""
    if isinstance(cause, sqlite3.OperationalError) and str(cause).startswith("no such "):
        return "42P01"
    return ""
