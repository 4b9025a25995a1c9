"""Deriving rows of the flat table from the append-only tables; writing them is in `flat_table`."""

import json
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import in_force, page_of_codes
from facets_pipeline.adapters.store.derived import recorded
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import (
    active_recipe,
    decision,
    force_request,
    outcome,
    review_answer,
    second_opinion_state,
    source_release,
)
from facets_pipeline.adapters.store.second_opinions import opinions_on
from facets_pipeline.adapters.store.third_opinions import third_opinions_on, with_third
from facets_pipeline.adapters.store.weighing import Backings
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.reconciliation import RECONCILED_BY
from facets_pipeline.domain.validation import FlatRow, flat_row


def derive(
    connection: sa.Connection,
    codebook: Codebook,
    code_system: str,
    day: date,
    backings: Backings,
    after: str,
    *only: sa.ColumnElement[bool],
) -> list[FlatRow]:
    """Return a page of rows: of the active codes after `after`, in order.

    Args:
        connection: A transaction.
        codebook: The facets that the rows have.
        code_system: The system of the codes.
        day: The day on which they are active.
        backings: What second opinions may do.
        after: The code after which the page begins; empty for the first.
        only: Further conditions on `code_history`.
    """
    codes = page_of_codes(connection, (*in_force(code_system, day), *only), after)
    heard = hear(connection, code_system, codes, active_on(connection, code_system))
    second = opinions_on(connection, code_system, [code.code for code in codes])
    third = third_opinions_on(connection, code_system, codes)
    return [
        flat_row(
            code,
            heard[code.code],
            codebook,
            with_third(backings.of(second.get(code.code), codebook), third.get(code.code)),
        )
        for code in codes
    ]


def made_from(connection: sa.Connection, codebook: Codebook, code_system: str, day: date) -> str:
    """Return a text that changes whenever the rows of `code_system` may have to."""
    keys = (
        source_release.c.release_id,
        outcome.c.outcome_id,
        decision.c.decision_id,
        active_recipe.c.choice_id,
        force_request.c.force_id,
        review_answer.c.review_id,
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
    backed_by = recorded(connection, second_opinion_state, code_system)
    return json.dumps([*newest, day.isoformat(), codebook.digest, backed_by, RECONCILED_BY])


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
        "in_doubt": row.in_doubt,
        "updated_at": row.updated_at,
    }
