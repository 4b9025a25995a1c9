"""The user's own SQL table as a source of codes, read only and streamed.

Belongs here: finding the table and its columns in any database SQLAlchemy reaches.
Does not belong here: the project's own tables (`adapters.store`).
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, select, type_coerce
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import Float, Integer, NullType, Numeric

from facets_pipeline.adapters.sources.columns import Column, named_roles
from facets_pipeline.adapters.sources.grid import grid_row
from facets_pipeline.adapters.sources.release import release_in
from facets_pipeline.adapters.sources.source import CodeSource
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RawRow, RowIssue
from facets_pipeline.domain.quoting import LONGEST_QUOTE, quoted, reason

_FETCHED_AT_ONCE = 1_000
_NAMED = 20
"""Tables or columns that a sentence names."""

_EXPECTED = (
    "code, short_desc, long_desc, paraphrased_desc, category, and code_system if it is mixed"
)
_TEXT_ROLES = ("short", "long", "plain")
_FIELDS = {"effective": "effective_on", "terminated": "terminated_on"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A reflected table and the chosen column of each role."""

    table: Table
    roles: Mapping[str, Column]


def open_table(connection_url: str, table: str, system: CodeSystem) -> CodeSource:
    """Open a table such as `codes` or `schema.codes`; columns are found by their names.

    Args:
        connection_url: A database URL as SQLAlchemy writes it; `postgres://` is understood too.
        table: Name of the table or view, with its schema where it is not the default.
        system: The code system that is wanted from it.

    Raises:
        SourceError: The database, the table or a column is missing, or codes are numbers.
    """
    url = _url(connection_url)
    file = f"sql:{table}"
    with _connected(url) as connection:
        found = _find(connection, table, system)
        digest = hashlib.sha256()
        for cells in _cells(connection, found):
            digest.update(repr(cells).encode("utf-8", "surrogatepass"))

    def read() -> Iterator[RawRow | RowIssue]:
        with _connected(url) as reading:
            for number, cells in enumerate(_cells(reading, found), start=1):
                yield _raw_row(file, number, cells, tuple(found.roles))

    release = release_in(table)
    return CodeSource(
        format=f"SQL table ({url.get_backend_name()})",
        file=file,
        digest=digest.hexdigest(),
        release=str(release or table),
        released_on=release.starts_on if release else None,
        has_dates="terminated" in found.roles,
        read=read,
        columns={role: str(column) for role, column in found.roles.items()},
        notes=("Rows are numbered in the order of their codes.",),
    )


def _url(text: str) -> URL:
    # Databases of hosting services are called postgres://; our driver for both is psycopg 3.
    scheme, separator, rest = text.partition("://")
    scheme = "postgresql+psycopg" if scheme in {"postgres", "postgresql"} else scheme
    try:
        url = make_url(f"{scheme}{separator}{rest}")
    except (ArgumentError, ValueError) as error:
        # The text itself may hold a password, so it is not repeated.
        raise SourceError(
            "The database URL cannot be understood: write it like "
            "postgresql://user:password@host/database or sqlite:///file.db."
        ) from error
    is_file = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    if (
        is_file
        and not str(url.database).startswith("file:")
        and not Path(str(url.database)).exists()
    ):
        raise SourceError(f"There is no SQLite file {url.database!r}: check the database URL.")
    return url


@contextmanager
def _connected(url: URL) -> Generator[Connection]:
    shown = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise SourceError(
            f"The database {shown!r} needs a driver that is not installed ({reason(error)}): use "
            "PostgreSQL or SQLite, or export the table as CSV."
        ) from error
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        why = reason(getattr(error, "orig", None) or error)
        raise SourceError(f"The database {shown!r} cannot be read: {why}.") from error
    finally:
        engine.dispose()


def _find(connection: Connection, name: str, system: CodeSystem) -> _Found:
    schema, _, bare = name.rpartition(".")
    inspector = inspect(connection)
    known_schema = not schema or schema in inspector.get_schema_names()
    there = (
        [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        if known_schema
        else []
    )
    if bare not in there:
        shown = ", ".join(map(_shown, sorted(there)[:_NAMED])) or "none"
        where = f" in the schema {quoted(schema)}" if schema else ""
        raise SourceError(f"There is no table {quoted(bare)}{where}: the tables there are {shown}.")
    table = Table(bare, MetaData(), schema=schema or None, autoload_with=connection)
    names = [column.name for column in table.columns]
    roles = named_roles(names, system)
    if "code" not in roles or not any(role in roles for role in _TEXT_ROLES):
        missing = "descriptor" if "code" in roles else "code"
        raise SourceError(
            f"The table {quoted(name)} has no {missing} column among "
            f"{', '.join(map(_shown, names[:_NAMED]))}: the columns expected are {_EXPECTED}."
        )
    code = table.columns[names[roles["code"].index]]
    if isinstance(code.type, Integer | Numeric | Float):
        raise SourceError(
            f"The column {quoted(code.name)} of the table {quoted(name)} is {code.type}, so "
            "leading zeros of codes are lost: store codes as text."
        )
    return _Found(table, roles)


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= LONGEST_QUOTE else quoted(name)


def _cells(connection: Connection, found: _Found) -> Iterator[Sequence[object]]:
    there = list(found.table.columns)
    # As the driver gives them: SQLite keeps any text in a column that says DATE or NUMERIC.
    columns = [type_coerce(there[column.index], NullType()) for column in found.roles.values()]
    order = there[found.roles["code"].index]
    query = select(*columns).order_by(order).execution_options(yield_per=_FETCHED_AT_ONCE)
    for row in connection.execute(query):
        yield tuple(row)


def _raw_row(
    file: str, number: int, cells: Sequence[object], roles: Sequence[str]
) -> RawRow | RowIssue:
    row = grid_row(number, cells)
    texts = dict(zip(roles, row.cells, strict=True))
    if roles.index("code") in row.numbers:
        message = "The code is stored as a number, so leading zeros are lost: store codes as text."
        return RowIssue(file, number, texts["code"], "refused", "numeric_code_cell", message)
    return RawRow(row=number, file=file, **{_FIELDS.get(role, role): texts[role] for role in roles})
