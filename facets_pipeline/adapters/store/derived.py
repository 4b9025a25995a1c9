"""What derived tables share: a text that tells what their rows were made from.

Each has columns `code_system` and `code`, and a table of its state with a row per code system. What
their rows are, and when they are made, stands beside each (`second_opinions`, `flat_table`).
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import in_force
from facets_pipeline.adapters.store.schema import code_history


def recorded(connection: sa.Connection, state: sa.Table, code_system: str) -> str | None:
    """Return what the rows of `code_system` were made from; None if they were never made whole."""
    query = sa.select(state.c.made_from).where(state.c.code_system == code_system)
    return connection.execute(query).scalar_one_or_none()


def count(connection: sa.Connection, table: sa.Table, code_system: str) -> int:
    """Count the rows of `code_system`."""
    query = sa.select(sa.func.count()).where(table.c.code_system == code_system)
    return int(connection.execute(query).scalar_one())


def finish(
    connection: sa.Connection,
    table: sa.Table,
    state: sa.Table,
    code_system: str,
    day: date,
    made_from: str,
    found: Mapping[str, object] | None = None,
) -> None:
    """Delete the rows of codes that are not active on `day`, and record what the others are of.

    Args:
        connection: A transaction.
        table: The derived table.
        state: The table of its state.
        code_system: The system whose rows were made.
        day: The day on which codes are active or not.
        made_from: What changes whenever rows may have to.
        found: Further columns of the state: what was found out on the way.
    """
    active = sa.exists().where(*in_force(code_system, day), code_history.c.code == table.c.code)
    connection.execute(sa.delete(table).where(table.c.code_system == code_system, ~active))
    connection.execute(sa.delete(state).where(state.c.code_system == code_system))
    row = {"code_system": code_system, "made_from": made_from, **(found or {})}
    connection.execute(sa.insert(state).values(row))
