"""The rows of a table as they are kept, so that a copy on another database is equal to the byte.

JSON is read and written as the text that it is: parsed and written again, an absent value and a
JSON null would become the same. In which order tables are copied, and what is locked, is in
`copying`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

import sqlalchemy as sa

from facets_pipeline.adapters.store.pages import pages

PAGE: Final = 500
"""Rows in memory at a time: some hold the whole reply of the API."""

_PARAMETER: Final = "kept_"
"""Begins the names of parameters: SQLAlchemy keeps the columns' own names to itself."""


class Digest:
    """A fingerprint of rows that does not depend on their order: databases sort text differently.

    The sum of the rows' SHA-256, modulo 2 to the 256.
    """

    def __init__(self) -> None:
        self._sum = 0
        self.rows = 0

    def add(self, page: Sequence[Sequence[Any]]) -> None:
        """Take in some rows."""
        self.rows += len(page)
        for row in page:
            # Of moments, numbers, texts, None: each has one `repr`, whichever driver returned it.
            text = repr(tuple(row)).encode("utf-8", "surrogatepass")
            self._sum += int.from_bytes(hashlib.sha256(text).digest(), "big")

    @property
    def hexadecimal(self) -> str:
        """The fingerprint of what was taken in so far."""
        return f"{self._sum % 2**256:064x}"


def kept_rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    """Yield all rows of a table a page at a time, as they are kept."""
    columns = [_as_kept(column) for column in table.columns]
    query = sa.select(*columns).execution_options(yield_per=PAGE)
    rows = cast("Iterable[Sequence[Any]]", connection.execute(query))
    for page in pages(rows, PAGE):
        yield [tuple(row) for row in page]


def insert_kept(connection: sa.Connection, table: sa.Table, page: Sequence[Sequence[Any]]) -> None:
    """Write rows that `kept_rows` yielded."""
    names = [f"{_PARAMETER}{column.name}" for column in table.columns]
    values = {column: _parameter(connection, column) for column in table.columns}
    rows = [dict(zip(names, row, strict=True)) for row in page]
    connection.execute(sa.insert(table).values(values), rows)


def digest_of(connection: sa.Connection, table: sa.Table) -> Digest:
    """Return the fingerprint of what a table holds."""
    digest = Digest()
    for page in kept_rows(connection, table):
        digest.add(page)
    return digest


def _as_kept(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text).label(column.name)
    return column


def _parameter(connection: sa.Connection, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    name = f"{_PARAMETER}{column.name}"
    if not isinstance(column.type, sa.JSON):
        return sa.bindparam(name, type_=column.type)
    text = sa.bindparam(name, type_=sa.Text)
    # SQLite keeps the text itself; a cast there would make a number of it.
    return text if connection.dialect.name == "sqlite" else sa.cast(text, sa.JSON)
