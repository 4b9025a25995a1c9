"""What counts of a code system were made from: a text that stays while nothing was written."""

import json
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import last_turnover
from facets_pipeline.adapters.store.derived import recorded
from facets_pipeline.adapters.store.newest_rows import newest_row
from facets_pipeline.adapters.store.schema import (
    active_recipe,
    decision,
    force_request,
    outcome,
    review_answer,
    second_opinion_state,
    source_release,
)

_KEYS = (
    source_release.c.release_id,
    outcome.c.outcome_id,
    decision.c.decision_id,
    active_recipe.c.choice_id,
    force_request.c.force_id,
    review_answer.c.review_id,
)
"""Rows are only ever added to these tables, but for the end of a row of the code history, which
comes with a release."""


def ledger_state(connection: sa.Connection, code_system: str, day: date) -> str:
    """Return a text that changes whenever codes of `code_system` may stand otherwise on `day`."""
    newest = [newest_row(connection, key, code_system) for key in _KEYS]
    backed_by = recorded(connection, second_opinion_state, code_system)
    return json.dumps([*newest, last_turnover(connection, code_system, day), backed_by])
