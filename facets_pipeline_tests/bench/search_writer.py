"""A process that writes while others read: it answers all codes again and again, by rules.

It is started with the address of a store, and works until it is ended.
"""

import sys

from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.engine.fill import fill
from facets_pipeline.engine.ports import Scope


def answer_all(store: Store, *, again: bool) -> None:
    """Let the rules answer every code that is loaded, and bring the flat table up to date."""
    annotator = RulesAnnotator()
    for system in CODE_SYSTEMS:
        store.recipes.choose(system, annotator.recipe, reason="bench")
        if again:
            store.recipes.force(system, annotator.recipe.recipe_id)
        fill(store.ledger, annotator, Scope(system, store.today()))
        store.flat.refresh(system, store.today())


def main() -> None:
    """Write until the process is ended."""
    with Store.open(sys.argv[1]) as store:
        while True:
            answer_all(store, again=True)
            print("all answered again", flush=True)


if __name__ == "__main__":
    main()
