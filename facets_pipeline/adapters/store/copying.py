"""Moving a whole store to another address, ledger included: all of it or nothing.

The source is locked against writers from the first row to the last: an answer that is paid for
meanwhile would be missing in the copy, and be paid for again there. The target must be empty, and
is written in one transaction. Derived tables that `schema` does not name are not copied: they are
made again (`flat_table`). How rows are read and written is in `copied_rows`.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DataError

from facets_pipeline.adapters.store.copied_rows import Digest, digest_of, insert_kept, kept_rows
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.holders import holders
from facets_pipeline.adapters.store.schema import metadata
from facets_pipeline.adapters.store.standing import Standing, standing_of
from facets_pipeline.adapters.store.urls import shown, store_url
from facets_pipeline.domain.errors import InputError, StoreError

TABLES: Final[Sequence[sa.Table]] = tuple(metadata.sorted_tables)
"""Parents first."""

_LOCK_SECONDS: Final = 60

CopyProgress = Callable[[str, int, int], None]
"""Called with the table, rows copied so far of all tables, and rows in all."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table of the copy.

    Attributes:
        name: Its name.
        rows: Its rows, in the source as in the target.
        digest: The fingerprint of its rows, in the source as in the target; empty of a dry run.
    """

    name: str
    rows: int
    digest: str = ""


def copy_store(
    source: str, target: str, *, dry_run: bool = False, progress: CopyProgress | None = None
) -> list[CopiedTable]:
    """Copy everything from one store to another, and return what was copied, table by table.

    Counts and fingerprints of every table are compared before the copy is made to count. New rows
    of the copy get keys above those that were copied.

    Args:
        source: Address of a store; it is unchanged afterwards.
        target: Address of an empty store, or of where one can be made.
        dry_run: Whether only to look: nothing is made or written then.
        progress: Called after every page.

    Raises:
        SettingsError: An address cannot be understood.
        InputError: There is no store at the source, or the target is the source or not empty.
        StoreError: A process is working on codes of the source, or a store failed; the target is
            as it was, or has empty tables.
    """
    _check_source(source)
    _check_target(source, target)
    if dry_run:
        with Database.open(source) as origin, origin.read() as reading:
            _check_unused(origin, reading)
            return [CopiedTable(table.name, _count(reading, table)) for table in TABLES]
    with Database.open(source) as origin, Database.open(target) as copy:
        with _locked(origin, "SHARE") as reading, _locked(copy, "EXCLUSIVE") as writing:
            _check_unused(origin, reading)
            _check_empty(copy, writing)
            total = sum(_count(reading, table) for table in TABLES)
            course = _Course(total, progress)
            copied = [_copy(reading, writing, table, course) for table in TABLES]
            if copy.dialect == "postgresql":
                _make_ready(writing)
        return copied


class _Course:
    """How far the copy is."""

    def __init__(self, total: int, progress: CopyProgress | None) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def add(self, table: sa.Table, rows: int) -> None:
        self._done += rows
        if self._progress is not None:
            self._progress(table.name, self._done, self._total)


def _check_source(source: str) -> None:
    standing = standing_of(source)
    if standing is Standing.ABSENT:
        raise InputError(
            f"There is no store at {shown(store_url(source))}: name the one that is to be copied "
            "with --from-db-url."
        )
    if standing is Standing.OLDER:
        raise InputError(
            f"The store at {shown(store_url(source))} was written by an older version: run "
            "`facets store migrate` on it first."
        )


def _check_target(source: str, target: str) -> None:
    if _is_same(store_url(source), store_url(target)):
        raise InputError(
            f"{shown(store_url(target))} is the store that is to be copied: name another address."
        )
    if standing_of(target) is Standing.CURRENT:
        with Database.open(target) as copy, copy.read() as connection:
            _check_empty(copy, connection)


def _is_same(one: sa.URL, other: sa.URL) -> bool:
    if one.get_backend_name() != "sqlite" or other.get_backend_name() != "sqlite":
        return one == other
    paths = Path(str(one.database)), Path(str(other.database))
    return paths[0].resolve() == paths[1].resolve()


@contextmanager
def _locked(database: Database, mode: str) -> Generator[sa.Connection]:
    """Hold a store against writers; readers go on. A SQLite transaction that writes does so."""
    with database.write() as connection:
        if database.dialect == "postgresql":
            quoted = connection.dialect.identifier_preparer.format_table
            names = ", ".join(quoted(table) for table in TABLES)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
            connection.exec_driver_sql(f"LOCK TABLE {names} IN {mode} MODE")
        yield connection


def _check_unused(origin: Database, connection: sa.Connection) -> None:
    held = holders(connection, origin.now(connection))
    if held:
        raise StoreError(
            f"The store {shown(origin.url)} is being worked on by "
            f"{' and '.join(str(holder) for holder in held)}: wait until that has ended or stop "
            "it, then copy again."
        )


def _check_empty(copy: Database, connection: sa.Connection) -> None:
    for table in TABLES:
        if connection.execute(sa.select(sa.exists().select_from(table))).scalar_one():
            raise InputError(
                f"The store {shown(copy.url)} is not empty (there are rows in {table.name!r}): "
                "name a new database, or drop what is in this one."
            )


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _copy(
    reading: sa.Connection, writing: sa.Connection, table: sa.Table, course: _Course
) -> CopiedTable:
    read = Digest()
    for page in kept_rows(reading, table):
        read.add(page)
        try:
            insert_kept(writing, table, page)
        except DataError as error:
            reason = str(error.orig).partition("\n")[0]
            raise StoreError(
                f"A row of {table.name!r} cannot be kept in the new store ({reason}), so nothing "
                "was copied: correct that row, then copy again."
            ) from None
        course.add(table, len(page))
    written = digest_of(writing, table)
    if (written.rows, written.hexadecimal) != (read.rows, read.hexadecimal):
        raise StoreError(
            f"The copy of {table.name!r} is not equal to it ({read.rows:,} rows read, "
            f"{written.rows:,} written), so nothing was copied: report this as a defect."
        )
    return CopiedTable(table.name, read.rows, read.hexadecimal)


def _make_ready(writing: sa.Connection) -> None:
    """Let keys of new rows follow the copied ones, and the planner know the tables."""
    quoted = writing.dialect.identifier_preparer.format_table
    for table in TABLES:
        key = table.autoincrement_column
        if key is not None:
            sequence = sa.func.pg_get_serial_sequence(quoted(table), key.name)
            newest = sa.select(sa.func.max(key)).scalar_subquery()
            writing.execute(sa.select(sa.func.setval(sequence, newest)).where(newest.is_not(None)))
        writing.exec_driver_sql(f"ANALYZE {quoted(table)}")
