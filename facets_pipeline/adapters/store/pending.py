"""What is pending, as conditions on `code_history`: one meaning of the word for every ledger."""

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import in_force
from facets_pipeline.adapters.store.recipes import ActiveRecipe
from facets_pipeline.adapters.store.schema import (
    active_recipe,
    call,
    call_item,
    code_history,
    outcome,
    second_opinion,
)
from facets_pipeline.domain.codes import Code
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.ports import Scope


def code_key(recipe_id: str, code: Code) -> dict[str, str]:
    """Return the columns under which questions and answers about `code` are kept."""
    return {
        "recipe_id": recipe_id,
        "code_system": code.code_system,
        "code": code.code,
        "descriptor_hash": code.descriptor_hash,
    }


def is_about(named: sa.Table, recipe_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a row of `named` is about a row of `code_history`.

    Args:
        named: A table of questions or answers, with the columns of `code_key`.
        recipe_id: The recipe under which they were asked or given.
    """
    history = code_history.c
    return (
        named.c.code_system == history.code_system,
        named.c.code == history.code,
        named.c.recipe_id == recipe_id,
        named.c.descriptor_hash == history.descriptor_hash,
    )


def newest_outcome(active: ActiveRecipe | None) -> sa.ScalarSelect[int]:
    """Return the key of the newest outcome of a row of `code_history` that counts; null if none."""
    return (
        sa.select(sa.func.max(outcome.c.outcome_id))
        .where(
            *is_about(outcome, active.recipe_id if active is not None else ""),
            outcome.c.outcome_id > (active.outcome_floor if active is not None else 0),
        )
        .correlate(code_history)
        .scalar_subquery()
    )


def is_pending(scope: Scope, recipe_id: str, floor: int) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a row of `code_history` is pending in `scope`."""
    history = code_history.c
    settled = sa.exists().where(*is_about(outcome, recipe_id), outcome.c.outcome_id > floor)
    conditions = [*in_force(scope.code_system, scope.day), ~settled]
    if scope.ask is not AskFor.ALL:
        conditions.append(~is_not_asked(scope))
    if scope.chunk is not None:
        conditions.append(history.chunk == scope.chunk)
    return conditions


def is_not_asked(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition under which a row of `code_history` need not be asked about.

    That is so where only undecided codes are asked and the second opinion leaves nothing open.
    """
    history = code_history.c
    enough = sa.exists().where(
        second_opinion.c.code_system == history.code_system,
        second_opinion.c.code == history.code,
        second_opinion.c.descriptor_hash == history.descriptor_hash,
        second_opinion.c.open_facets == 0,
    )
    if scope.ask is AskFor.UNDECIDED:
        return enough
    chosen = (
        sa.select(active_recipe.c.ask)
        .where(active_recipe.c.code_system == scope.code_system)
        .order_by(active_recipe.c.choice_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.and_(sa.func.coalesce(chosen, AskFor.ALL.value) == AskFor.UNDECIDED.value, enough)


def is_in_batch(recipe_id: str) -> sa.ColumnElement[bool]:
    """Return the condition under which a row of `code_history` is asked about in a live batch."""
    return sa.exists().where(
        *is_about(call_item, recipe_id),
        call_item.c.open,
        call.c.call_id == call_item.c.call_id,
        call.c.mode == "batches",
    )


def is_claimed(recipe_id: str) -> sa.ColumnElement[bool]:
    """Return the condition under which some process is asking about a row of `code_history`."""
    return sa.exists().where(*is_about(call_item, recipe_id), call_item.c.open)
