"""Deriving rows of the flat table from the append-only tables; writing them is in `flat_table`."""

import json
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, in_force
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import (
    active_recipe,
    code_history,
    decision,
    force_request,
    outcome,
    source_release,
)
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.validation import FlatRow, flat_row


def derive(
    connection: sa.Connection,
    codebook: Codebook,
    code_system: str,
    day: date,
    after: str,
    *only: sa.ColumnElement[bool],
) -> list[FlatRow]:
    """Return a page of rows: of the active codes after `after`, in order.

    Args:
        connection: A transaction.
        codebook: The facets that the rows have.
        code_system: The system of the codes.
        day: The day on which they are active.
        after: The code after which the page begins; empty for the first.
        only: Further conditions on `code_history`.
    """
    query = (
        sa.select(*CODE_COLUMNS)
        .where(*in_force(code_system, day), code_history.c.code > after, *only)
        .order_by(code_history.c.code)
        .limit(PAGE)
    )
    codes = [Code(*row) for row in connection.execute(query)]
    heard = hear(connection, code_system, codes, active_on(connection, code_system))
    return [flat_row(code, *heard[code.code], codebook) for code in codes]


def made_from(connection: sa.Connection, codebook: Codebook, code_system: str, day: date) -> str:
    """Return a text that changes whenever the rows of `code_system` may have to."""
    keys = (
        source_release.c.release_id,
        outcome.c.outcome_id,
        decision.c.decision_id,
        active_recipe.c.choice_id,
        force_request.c.force_id,
    )
    # The count too: on Postgres a row may become visible after one with a greater key.
    newest = [
        list(
            connection.execute(
                sa.select(sa.func.max(key), sa.func.count()).where(
                    key.table.c.code_system == code_system
                )
            ).one()
        )
        for key in keys
    ]
    return json.dumps([*newest, day.isoformat(), codebook.digest])


def as_columns(row: FlatRow) -> dict[str, object]:
    """Return a row as column to value."""
    return {
        "code_system": row.code.code_system,
        "code": row.code.code,
        "descriptor": row.code.descriptor,
        **row.answer,
        "status": row.status.value,
        "opinions": row.provenance,
        "model": row.model,
        "recipe": row.recipe_id,
        "given": row.given,
        "decided": row.decided,
        "updated_at": row.updated_at,
    }
