"""What `llm_facets` and `fill_ledger` share: choosing the annotator and filling a scope."""

from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.resources import ProgressResource
from facets_pipeline.engine.choice import AnnotatorName, choose_annotator
from facets_pipeline.engine.fill import FillReport, fill
from facets_pipeline.engine.ports import Annotator, Scope


def annotator_for(store: Store, code_system: str, asked: AnnotatorName) -> Annotator:
    """Return the annotator that would answer for `code_system`; nothing is written.

    Raises:
        AnnotatorError: It cannot be chosen; the message says the remedy.
    """
    known = store.recipes.has_answers_by(code_system, "claude")
    choose_annotator(asked, code_system, has_key=False, has_claude_answers=known)
    return RulesAnnotator()


def prepare(store: Store, code_system: str, asked: AnnotatorName) -> Annotator:
    """Return the annotator for `code_system` and make its recipe the active one.

    Raises:
        AnnotatorError: It cannot be chosen; the message says the remedy.
    """
    annotator = annotator_for(store, code_system, asked)
    reason = f"{asked.value}: {annotator.recipe.annotator}"
    store.recipes.choose(code_system, annotator.recipe, reason=reason)
    return annotator


def fill_scope(
    store: Store,
    annotator: Annotator,
    scope: Scope,
    progress: ProgressResource,
    limit: int | None = None,
) -> FillReport:
    """Ask about what is pending in `scope`, showing how far it is."""
    recipe_id = annotator.recipe.recipe_id
    pending = store.ledger.pending(scope, recipe_id)
    show = progress.start(scope.code_system, min(pending, limit) if limit else pending)
    return fill(store.ledger, annotator, scope, limit=limit, progress=show)
