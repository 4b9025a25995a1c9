"""Replies that come after their claim ended: kept as paid, but not current where others went on."""

from collections.abc import Sequence

import sqlalchemy as sa

from facets_pipeline.adapters.store.leases import HELD
from facets_pipeline.adapters.store.recipes import outcome_floor
from facets_pipeline.adapters.store.schema import call, call_item, outcome
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.codes import Code

Asked = tuple[str, str]
"""A code and the hash of its descriptor: what an outcome is about."""


def is_held(connection: sa.Connection, call_id: str) -> bool:
    """Tell whether a call still holds its codes; until the transaction ends, nobody ends it."""
    query = sa.select(call.c.state).where(call.c.call_id == call_id).with_for_update()
    return connection.execute(query).scalar_one() in HELD


def taken_over(connection: sa.Connection, recipe_id: str, codes: Sequence[Code]) -> set[Asked]:
    """Return which of `codes`, all of one system, others hold or have settled after all.

    Only of a call that is no longer held; nobody claims anything until the transaction ends.
    """
    take_turn(connection, Turn.CLAIM)
    code_system = codes[0].code_system
    floor = outcome_floor(connection, code_system, recipe_id)
    found: set[Asked] = set()
    for table, stands in ((outcome, outcome.c.outcome_id > floor), (call_item, call_item.c.open)):
        query = sa.select(table.c.code, table.c.descriptor_hash).where(
            table.c.code_system == code_system,
            table.c.code.in_([code.code for code in codes]),
            table.c.recipe_id == recipe_id,
            stands,
        )
        found.update((row.code, row.descriptor_hash) for row in connection.execute(query))
    return found
