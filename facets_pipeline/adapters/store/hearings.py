"""What was heard of some codes: outcomes with their opinions, and people's decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.recipes import ActiveRecipe
from facets_pipeline.adapters.store.schema import decision, opinion, outcome, recipe
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.heard import Decided, Heard, Hearing
from facets_pipeline.domain.opinions import opinion_of
from facets_pipeline.domain.outcomes import Outcome


def hear(
    connection: sa.Connection,
    code_system: str,
    codes: Sequence[Code],
    active: ActiveRecipe | None,
) -> dict[str, Hearing]:
    """Return what was heard of each of `codes`, by code; up to a page of them."""
    current: dict[str, Heard] = {}
    earlier: dict[str, Heard] = {}
    hashes = {code.code: code.descriptor_hash for code in codes}
    for row in _outcomes(connection, code_system, list(hashes)):
        heard = _heard(row, same_text=row.descriptor_hash == hashes[row.code])
        if heard.same_text and _is_current(row, active):
            current[row.code] = heard
        elif heard.outcome is Outcome.ANSWERED and _is_better(heard, earlier.get(row.code)):
            earlier[row.code] = heard
    decisions = _decisions(connection, code_system, hashes)
    return {
        code: Hearing(current.get(code), earlier.get(code), decisions.get(code, {}))
        for code in hashes
    }


def _outcomes(
    connection: sa.Connection, code_system: str, codes: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    newest = (
        sa.select(sa.func.max(outcome.c.outcome_id))
        .where(outcome.c.code_system == code_system, outcome.c.code.in_(codes))
        .group_by(outcome.c.code, outcome.c.recipe_id, outcome.c.descriptor_hash)
    )
    query = (
        sa.select(outcome, recipe.c.annotator, recipe.c.model, opinion.c.stated)
        .join(recipe, recipe.c.recipe_id == outcome.c.recipe_id)
        .outerjoin(opinion, opinion.c.opinion_id == outcome.c.opinion_id)
        .where(outcome.c.outcome_id.in_(newest))
        .order_by(outcome.c.outcome_id)
    )
    return connection.execute(query).all()


def _heard(row: sa.Row[Any], *, same_text: bool) -> Heard:
    stated = row.stated
    return Heard(
        annotator=row.annotator,
        model=row.model,
        recipe_id=row.recipe_id,
        outcome=Outcome(row.status),
        opinion=None if stated is None else opinion_of(stated),
        reason=row.reason,
        heard_at=row.decided_at,
        same_text=same_text,
    )


def _is_current(row: sa.Row[Any], active: ActiveRecipe | None) -> bool:
    return (
        active is not None
        and row.recipe_id == active.recipe_id
        and row.outcome_id > active.outcome_floor
    )


def _is_better(heard: Heard, known: Heard | None) -> bool:
    # Rules never stand in for a model's answer, however old that is; among equals the newest wins.
    return known is None or heard.annotator != "rules" or known.annotator == "rules"


def _decisions(
    connection: sa.Connection, code_system: str, hashes: Mapping[str, str]
) -> dict[str, dict[str, Decided]]:
    query = (
        sa.select(decision)
        .where(decision.c.code_system == code_system, decision.c.code.in_(list(hashes)))
        .order_by(decision.c.decision_id)
    )
    found: dict[str, dict[str, Decided]] = {}
    lapsed: dict[str, dict[str, Decided]] = {}
    for row in connection.execute(query):
        same_text = row.descriptor_hash == hashes[row.code]
        lapsed.setdefault(row.code, {}).pop(row.facet, None)
        if row.action == "undo":
            # On every text: an earlier descriptor that comes back must not bring it back.
            found.setdefault(row.code, {}).pop(row.facet, None)
            continue
        made = (found if same_text else lapsed).setdefault(row.code, {})
        made[row.facet] = Decided(row.value, row.decided_by, row.decided_at, same_text)
    return {code: {**before, **found.get(code, {})} for code, before in lapsed.items()}
