"""What each source said of some codes: opinions by recipe, and the recipes that there are.

What belongs here: reading answers from the ledger for measuring and comparing. What stands in the
flat table in the end is in `flat_table`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.schema import code_history, opinion, outcome, recipe
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion, opinion_of
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.recipe import answered_by


@dataclass(frozen=True, slots=True)
class AnsweringRecipe:
    """A recipe under which codes were answered.

    Attributes:
        recipe_id: Its hash.
        annotator: Who answers.
        model: The model's name.
        label: For people, as "codebook 1.2, effort low".
        codes: Codes that it answered.
        last_at: When it last answered one, in UTC.
    """

    recipe_id: str
    annotator: str
    model: str
    label: str
    codes: int
    last_at: datetime

    @property
    def title(self) -> str:
        """Who answers, in words for people."""
        return answered_by(self.annotator, self.model)


class Answers:
    """Reads answers of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def codes(self, code_system: str, day: date, wanted: Iterable[str]) -> dict[str, Code]:
        """Return those of the `wanted` codes that are active on `day`."""
        found: dict[str, Code] = {}
        for page in pages(sorted(wanted)):
            query = sa.select(*CODE_COLUMNS).where(
                *in_force(code_system, day), code_history.c.code.in_(page)
            )
            with self._database.read() as connection:
                found |= {row.code: Code(*row) for row in connection.execute(query)}
        return found

    def recipes(self, code_system: str) -> list[AnsweringRecipe]:
        """Return the recipes that answered codes of a system, the one that answered last first."""
        last = sa.func.max(outcome.c.decided_at)
        query = (
            sa.select(
                recipe.c.recipe_id,
                recipe.c.annotator,
                recipe.c.model,
                recipe.c.label,
                sa.func.count(outcome.c.code.distinct()),
                last,
            )
            .join(outcome, outcome.c.recipe_id == recipe.c.recipe_id)
            .where(outcome.c.code_system == code_system, outcome.c.status == Outcome.ANSWERED.value)
            .group_by(recipe.c.recipe_id, recipe.c.annotator, recipe.c.model, recipe.c.label)
            .order_by(last.desc(), recipe.c.recipe_id)
        )
        with self._database.read() as connection:
            return [AnsweringRecipe(*row) for row in connection.execute(query)]

    def said(
        self, code_system: str, codes: Mapping[str, Code], recipe_id: str
    ) -> dict[str, Opinion]:
        """Return what was answered under a recipe about codes with these very texts.

        An answer counts if nothing newer was heard of the same question; one in review is none.
        """
        return {
            code: opinion_of(row["stated"])
            for code, row in self._newest(code_system, codes, recipe_id).items()
            if row["status"] == Outcome.ANSWERED.value and row["stated"] is not None
        }

    def in_review(
        self, code_system: str, codes: Mapping[str, Code], recipe_id: str
    ) -> frozenset[str]:
        """Return those of `codes` whose answers under a recipe did not stand."""
        return frozenset(
            code
            for code, row in self._newest(code_system, codes, recipe_id).items()
            if row["status"] == Outcome.IN_REVIEW.value
        )

    def _newest(
        self, code_system: str, codes: Mapping[str, Code], recipe_id: str
    ) -> dict[str, sa.RowMapping]:
        columns = outcome.c
        found: dict[str, sa.RowMapping] = {}
        for page in pages(sorted(codes)):
            query = (
                sa.select(columns.code, columns.descriptor_hash, columns.status, opinion.c.stated)
                .outerjoin(opinion, opinion.c.opinion_id == columns.opinion_id)
                .where(
                    columns.code_system == code_system,
                    columns.code.in_(page),
                    columns.recipe_id == recipe_id,
                )
                .order_by(columns.outcome_id)
            )
            with self._database.read() as connection:
                for row in connection.execute(query).mappings():
                    if row["descriptor_hash"] == codes[row["code"]].descriptor_hash:
                        found[row["code"]] = row
        return found
