"""Recipes, which of them is active per code system, and requests to ask everything again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import active_recipe, force_request, outcome, recipe
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.engine.choice import AskFor


@dataclass(frozen=True, slots=True)
class ActiveRecipe:
    """The recipe in force for a code system.

    Attributes:
        recipe: The recipe.
        recipe_id: Its hash, as it was stored.
        outcome_floor: Outcomes up to this key do not count: they are older than a `--force`.
        ask: Which codes are asked: ALL or UNDECIDED.
        reconcile: What rows stand on.
    """

    recipe: Recipe
    recipe_id: str
    outcome_floor: int
    ask: AskFor = AskFor.ALL
    reconcile: Reconcile = Reconcile.CLAUDE


class Recipes:
    """Keeps recipes and choices in a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self, code_system: str) -> ActiveRecipe | None:
        """Return the recipe in force for `code_system`, or None if none was chosen yet."""
        with self._database.read() as connection:
            return active_on(connection, code_system)

    def keep(self, stated: Sequence[Recipe]) -> None:
        """Keep up to a page of recipes without making one that of a code system."""
        with self._database.write() as connection:
            take_turn(connection, Turn.CHOICE)
            _keep(connection, stated, self._database.now(connection))

    def choose(
        self,
        code_system: str,
        chosen: Recipe,
        reason: str,
        ask: AskFor = AskFor.LAST,
        reconcile: Reconcile | None = None,
    ) -> None:
        """Make `chosen` the recipe of `code_system`; nothing is written if it already is.

        Args:
            code_system: The system.
            chosen: Its recipe from now on.
            reason: Why, for people.
            ask: Which codes are asked from now on; LAST leaves it as it is.
            reconcile: What rows stand on from now on; None leaves it as it is. In the beginning
                all codes are asked, and rows stand on answers alone.
        """
        with self._database.write() as connection:
            take_turn(connection, Turn.CHOICE)
            known = active_on(connection, code_system)
            before = (AskFor.ALL, Reconcile.CLAUDE)
            if known is not None:
                before = (known.ask, known.reconcile)
            wanted = (before[0] if ask is AskFor.LAST else ask, reconcile or before[1])
            if known is not None and (known.recipe_id, before) == (chosen.recipe_id, wanted):
                return
            now = self._database.now(connection)
            _keep(connection, [chosen], now)
            choice = {
                "code_system": code_system,
                "recipe_id": chosen.recipe_id,
                "ask": wanted[0].value,
                "reconcile": wanted[1].value,
                "chosen_at": now,
                "reason": reason,
            }
            connection.execute(sa.insert(active_recipe).values(choice))

    def reconcile_by(self, code_system: str, reconcile: Reconcile) -> None:
        """Say what the rows of `code_system` stand on; nothing is written without a recipe."""
        known = self.active(code_system)
        if known is not None:
            reason = f"reconcile {reconcile.value}"
            self.choose(code_system, known.recipe, reason, reconcile=reconcile)

    def force(self, code_system: str, recipe_id: str) -> None:
        """Make every code of `code_system` pending again under `recipe_id`, in one row."""
        with self._database.write() as connection:
            newest = connection.execute(sa.select(sa.func.max(outcome.c.outcome_id))).scalar_one()
            row = {
                "code_system": code_system,
                "recipe_id": recipe_id,
                "outcome_floor": newest or 0,
                "requested_at": self._database.now(connection),
            }
            connection.execute(sa.insert(force_request).values(row))

    def has_answers_by(self, code_system: str, annotator: str) -> bool:
        """Tell whether `annotator` ever answered a code of `code_system`."""
        # Few recipes, many outcomes: where nobody has such a recipe, no outcome is looked at.
        answered = sa.exists().where(
            outcome.c.code_system == code_system, outcome.c.recipe_id == recipe.c.recipe_id
        )
        query = sa.select(sa.exists().where(recipe.c.annotator == annotator, answered))
        with self._database.read() as connection:
            return bool(connection.execute(query).scalar_one())


def active_on(connection: sa.Connection, code_system: str) -> ActiveRecipe | None:
    """Return the recipe in force for `code_system` within a transaction, or None."""
    query = (
        sa.select(recipe, active_recipe.c.ask, active_recipe.c.reconcile)
        .join(active_recipe, active_recipe.c.recipe_id == recipe.c.recipe_id)
        .where(active_recipe.c.code_system == code_system)
        .order_by(active_recipe.c.choice_id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return ActiveRecipe(
        recipe=Recipe(row.annotator, row.model, row.label, row.content),
        recipe_id=row.recipe_id,
        outcome_floor=outcome_floor(connection, code_system, row.recipe_id),
        ask=AskFor(row.ask),
        reconcile=Reconcile(row.reconcile),
    )


def outcome_floor(connection: sa.Connection, code_system: str, recipe_id: str) -> int:
    """Return the key up to which outcomes no longer count for this system and recipe."""
    query = sa.select(sa.func.max(force_request.c.outcome_floor)).where(
        force_request.c.code_system == code_system, force_request.c.recipe_id == recipe_id
    )
    return int(connection.execute(query).scalar_one() or 0)


def _keep(connection: sa.Connection, stated: Sequence[Recipe], now: datetime) -> None:
    wanted = {each.recipe_id: each for each in stated}
    query = sa.select(recipe.c.recipe_id).where(recipe.c.recipe_id.in_(list(wanted)))
    known = set(connection.execute(query).scalars())
    rows = [
        {
            "recipe_id": recipe_id,
            "annotator": each.annotator,
            "model": each.model,
            "label": each.label,
            "content": dict(each.content),
            "created_at": now,
        }
        for recipe_id, each in wanted.items()
        if recipe_id not in known
    ]
    if rows:
        connection.execute(sa.insert(recipe), rows)
