"""Which step a store has reached, and which one this code needs: enough to open a current store."""

from typing import Final

import sqlalchemy as sa

HEAD: Final = "0002"
"""The step that `schema` describes."""

VERSION_TABLE: Final = "facets_alembic_version"
"""Apart from Dagster's `alembic_version`, which may stand in the same database."""

_VERSION: Final = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))


def stored_revision(connection: sa.Connection) -> str | None:
    """Return the step that the store has reached, or None where it has no tables of ours yet."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()
