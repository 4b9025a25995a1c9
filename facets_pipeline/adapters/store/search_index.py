"""What the flat table carries so that it can be searched quickly: indexes, and one of words.

Made and dropped with the flat table, kept current by the database itself, derived like the table.
How it is asked stands in `search`; who fills the table, in `flat_table`.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import event

from facets_pipeline.domain.validation import Status

WORDS: Final = "procedure_code_facets_words"
"""The index of words: on SQLite a full-text table of this name, on Postgres an index."""

POSTGRES_WORDS: Final = (
    "to_tsvector('simple'::regconfig, "
    # Only letters and digits: its parser takes "and/or" for a path and "x-ray" for three words.
    "regexp_replace(lower(code || ' ' || descriptor), '[^[:alnum:]]+', ' ', 'g'))"
)
"""The words of a row of the flat table, written as the index has them, or it is not used."""

_MOST_COLUMNS: Final = 28
"""Postgres takes 32 columns into an index: a larger codebook is found by the first ones."""

_SUMMED: Final = ("given", "decided")
"""What reports add up over the groups."""

_DOCUMENT_COLUMNS: Final = "code_system, code, descriptor"
_DELETE_WORDS: Final = (
    # By a word of the index: the other columns could be found by reading all of it alone.
    f"DELETE FROM {WORDS} WHERE {WORDS} MATCH 'code:\"' || old.code || '\"'"  # noqa: S608
    " AND code_system = old.code_system AND code = old.code;"
)
_INSERT_WORDS: Final = (
    f"INSERT INTO {WORDS} ({_DOCUMENT_COLUMNS})"  # noqa: S608
    " VALUES (new.code_system, new.code, new.descriptor);"
)


def add_search_index(table: sa.Table, facets: list[str]) -> None:
    """Give the flat table the indexes of the search, whenever it is created.

    Args:
        table: The flat table, with the columns that the search filters by.
        facets: Its columns that are facets, in order.
    """
    filters = ["status", "in_doubt", *facets][:_MOST_COLUMNS]
    # In the order of pages, with all that filters look at: a row itself is read only for a hit.
    sa.Index(f"ix_{table.name}_pages", *(table.c[n] for n in ["code_system", "code", *filters]))
    # In the order of groups: counting needs no sorting, and adding up reads no row.
    counted = ["code_system", *filters, *_SUMMED]
    sa.Index(f"ix_{table.name}_counts", *(table.c[name] for name in counted))
    condition = waits(table)
    sa.Index(
        f"ix_{table.name}_waiting",
        *(table.c[name] for name in ("code_system", "code")),
        sqlite_where=condition,
        postgresql_where=condition,
    )
    event.listen(table, "after_create", _create_words)
    event.listen(table, "before_drop", _drop_words)


def waits(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition under which a row of the flat table waits for a person.

    Written out, not with parameters: a database uses the index of such rows only where it sees that
    the conditions are the same.
    """
    in_review = table.c.status == sa.literal_column(f"'{Status.IN_REVIEW.value}'")
    return sa.or_(in_review, table.c.in_doubt > sa.literal_column("0"))


def _create_words(table: sa.Table, connection: sa.Connection, **_: object) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE INDEX ix_{WORDS} ON {table.name} USING gin ({POSTGRES_WORDS})"
        )
    elif _has_full_text(connection):
        _create_word_table(table.name, connection)


def _create_word_table(table: str, connection: sa.Connection) -> None:
    """Make the full-text table of SQLite and the triggers that keep it current."""
    removing = f"BEGIN {_DELETE_WORDS} END"
    renewing = f"BEGIN {_DELETE_WORDS} {_INSERT_WORDS} END"
    changed = "WHEN old.descriptor IS NOT new.descriptor"
    how = "detail='column', tokenize='unicode61 remove_diacritics 0'"
    statements = (
        # A flat table that was dropped by hand leaves it behind.
        f"DROP TABLE IF EXISTS {WORDS}",
        f"CREATE VIRTUAL TABLE {WORDS} USING fts5(code_system UNINDEXED, code, descriptor, {how})",
        f"CREATE TRIGGER {WORDS}_added AFTER INSERT ON {table} BEGIN {_INSERT_WORDS} END",
        f"CREATE TRIGGER {WORDS}_changed AFTER UPDATE ON {table} {changed} {renewing}",
        f"CREATE TRIGGER {WORDS}_removed AFTER DELETE ON {table} {removing}",
    )
    for statement in statements:
        connection.exec_driver_sql(statement)


def _drop_words(_table: sa.Table, connection: sa.Connection, **_: object) -> None:
    if _has_full_text(connection):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {WORDS}")


def _has_full_text(connection: sa.Connection) -> bool:
    """Tell whether this is a SQLite with full-text search; nearly every build has it."""
    if connection.dialect.name != "sqlite":
        return False
    options = connection.exec_driver_sql("PRAGMA compile_options").scalars()
    return "ENABLE_FTS5" in set(options)
