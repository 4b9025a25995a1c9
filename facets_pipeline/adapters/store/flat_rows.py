"""Deriving rows of the flat table from the append-only tables; writing them is in `flat_table`."""

import json
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import in_force, page_of_codes
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.ledger_state import ledger_state
from facets_pipeline.adapters.store.recipes import active_on
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
    state = ledger_state(connection, code_system, day)
    return json.dumps([state, codebook.digest, RECONCILED_BY])


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
