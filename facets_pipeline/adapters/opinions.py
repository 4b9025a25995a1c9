"""What a source says of codes, whichever it is: rules, official tables, a model, the flat table.

What belongs here: one way to ask for opinions, so that measuring and comparing need not know where
they come from.
"""

from collections.abc import Mapping
from typing import Any

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.store.answers import AnsweringRecipe, Answers
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.evaluation import Source
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Opinion, Stated
from facets_pipeline.domain.validation import Status

STANDING = (Status.VALID.value, Status.STALE.value)
"""The states of a row whose values stand."""


def by_rules(codes: Mapping[str, Code]) -> dict[str, Opinion]:
    """Return what the rules say of each of `codes`."""
    return {name: rules_opinion(code) for name, code in codes.items()}


def by_recipe(
    store: Store, code_system: str, codes: Mapping[str, Code], recipe_id: str
) -> dict[str, Opinion]:
    """Return what was answered under a recipe about each of `codes`, by its very text."""
    return Answers(store.database).said(code_system, codes, recipe_id)


def model_recipes(store: Store, code_system: str) -> list[AnsweringRecipe]:
    """Return the recipes by which a model answered codes: the current one, then the newest."""
    active = store.recipes.active(code_system)
    current = active.recipe_id if active is not None else ""
    found = Answers(store.database).recipes(code_system)
    by_model = (each for each in found if each.annotator != Source.RULES)
    return sorted(by_model, key=lambda each: each.recipe_id != current)


def by_reference(store: Store, code_system: str, codes: Mapping[str, Code]) -> dict[str, Opinion]:
    """Return the second opinion on each of `codes`; they must be fresh.

    It is what the rules say, sharpened by the official tables that were loaded.
    """
    return {
        code: opinion
        for page in pages(sorted(codes))
        for code, opinion in store.second.of(code_system, page).items()
    }


def reconciled(
    store: Store, code_system: str, codes: Mapping[str, Code], codebook: Codebook = CODEBOOK
) -> dict[str, Opinion]:
    """Return what stands in the flat table, which must be fresh; codes without values are left out.

    Codes in review and pending ones have none.
    """
    return {
        row["code"]: {facet: _standing(row, facet) for facet in codebook.names}
        for page in pages(sorted(codes))
        for row in store.flat.rows(code_system, page)
        if row["status"] in STANDING
    }


def _standing(row: Mapping[str, Any], facet: str) -> Stated:
    """Return a value of the flat table with what it rests on: a decision, a choice, an answer."""
    found: Mapping[str, Any] = row["opinions"]
    if facet in found.get("decisions", {}):
        basis = f"decided by {found['decisions'][facet][1]}"
    elif facet in found.get("chosen", {}):
        basis = ": ".join(map(str, found["chosen"][facet]))
    else:
        basis = str(found.get("stated", {}).get(facet, [None, ""])[1])
    return Stated(row[facet], basis, decided=False)
