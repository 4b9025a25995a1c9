"""Figures that are counted once for a state of the store, and read from then on.

With nothing to do, a run asks the same question in every check and on every page, and each answer
would be a pass over all codes. What is kept here is derived: an emptied table is counted again.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import kept_figure
from facets_pipeline.adapters.store.upserts import upsert

Figure = TypeVar("Figure")
"""What was counted: whatever JSON gives back as it was."""


def kept(
    database: Database,
    code_system: str,
    name: str,
    state: Callable[[sa.Connection], str],
    count: Callable[[sa.Connection], Figure],
) -> Figure:
    """Return what `count` finds in the present state; it is called if no one has counted in it.

    Args:
        database: The store.
        code_system: The system whose codes are counted.
        name: What is counted.
        state: Returns a text that changes whenever `count` might find something else.
        count: Counts.
    """
    with database.read() as connection:
        made_from = state(connection)
        known: Figure | None = kept_on(connection, code_system, name, made_from)
        if known is not None:
            return known
        found = count(connection)
    row = {"code_system": code_system, "name": name, "made_from": made_from, "found": found}
    with database.write() as connection:
        connection.execute(upsert(kept_figure, database.dialect).values(row))
    return found


def kept_on(connection: sa.Connection, code_system: str, name: str, made_from: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what was counted in the state `made_from`; None if that is not the one kept."""
    query = sa.select(kept_figure.c.found).where(
        kept_figure.c.code_system == code_system,
        kept_figure.c.name == name,
        kept_figure.c.made_from == made_from,
    )
    return connection.execute(query).scalar_one_or_none()
