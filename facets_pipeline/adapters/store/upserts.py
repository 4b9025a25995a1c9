"""The statement that writes rows over those with the same key, on SQLite and on Postgres."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(table: sa.Table, dialect: str) -> sa.Insert:
    """Return the statement that writes rows of `table` over those with the same key."""
    query = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect](table)
    updated = {
        column.name: query.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    return query.on_conflict_do_update(index_elements=list(table.primary_key), set_=updated)
