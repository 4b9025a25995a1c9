"""What `llm_facets` and `fill_ledger` share: choosing the annotator and filling a scope."""

import dagster as dg
from pydantic import Field

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import batch_runs
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.resources import ProgressResource
from facets_pipeline.domain.claude_recipe import ANNOTATOR as CLAUDE
from facets_pipeline.engine.choice import AnnotatorName, AskFor, Mode, choose_annotator
from facets_pipeline.engine.fill import FillReport, fill
from facets_pipeline.engine.ports import Scope
from facets_pipeline.settings import Settings

AnyAnnotator = RulesAnnotator | ClaudeAnnotator
"""Whoever answers."""


class AskingConfig(dg.Config):
    """Who answers, and under which conditions."""

    annotator: AnnotatorName = Field(
        default=AnnotatorName.AUTO,
        description="AUTO: Claude if a key is set, else the embedded rules.",
    )
    mode: Mode = Field(
        default=Mode.MESSAGES,
        description="MESSAGES: at once; BATCHES: within hours, at half the price.",
    )
    wait: bool = Field(default=True, description="Whether a run in BATCHES waits for the answers.")
    model: str = Field(
        default="", description="Claude's model; empty: the one chosen last, else as configured."
    )
    codes_per_request: int = Field(
        default=0, ge=0, le=100, description="Codes asked together; 0: as configured."
    )
    rate_limit: float = Field(
        default=0, ge=0, description="Requests per minute at most; 0: what the API allows."
    )
    budget_usd: float = Field(
        default=0, ge=0, description="Dollars for this run at most; 0: only the day's budget holds."
    )
    ask: AskFor = Field(
        default=AskFor.LAST,
        description="ALL: every code; UNDECIDED: codes of which headings and official tables leave "
        "a facet open; LAST: as chosen last.",
    )


def annotator_for(
    store: Store, code_system: str, asking: AskingConfig, claude: ClaudeResource
) -> AnyAnnotator:
    """Return the annotator that would answer for `code_system`; nothing is written.

    Raises:
        AnnotatorError: It cannot be chosen; the message says the remedy.
    """
    name = choose_annotator(
        asking.annotator,
        code_system,
        has_key=Settings.load().has_key,
        has_claude_answers=store.recipes.has_answers_by(code_system, CLAUDE),
    )
    if name is AnnotatorName.CLAUDE:
        return claude.annotator(store, code_system, asking.model)
    return RulesAnnotator()


def asked_codes(annotator: AnyAnnotator, ask: AskFor) -> AskFor:
    """Return which codes `annotator` is asked about where `ask` is wanted."""
    # Rules cost nothing: leaving codes out would save nothing.
    return AskFor.ALL if isinstance(annotator, RulesAnnotator) else ask


def prepare(
    store: Store, code_system: str, asking: AskingConfig, claude: ClaudeResource
) -> AnyAnnotator:
    """Return the annotator for `code_system` and make its recipe the active one.

    Raises:
        AnnotatorError: It cannot be chosen; the message says the remedy.
    """
    annotator = annotator_for(store, code_system, asking, claude)
    reason = f"{asking.annotator.value}: {annotator.recipe.title}"
    ask = asked_codes(annotator, asking.ask)
    reconcile = Settings.load().reconcile
    store.recipes.choose(code_system, annotator.recipe, reason, ask, reconcile)
    store.second.refresh(code_system, store.today())
    return annotator


def options_of(asking: AskingConfig, claude: ClaudeResource, run_id: str) -> ClaudeOptions:
    """Return how Claude is asked in the run `run_id`."""
    return claude.options(
        run_id,
        codes_per_request=asking.codes_per_request,
        rate_limit=asking.rate_limit,
        budget_usd=asking.budget_usd or None,
    )


def fill_scope(
    store: Store,
    annotator: AnyAnnotator,
    scope: Scope,
    options: ClaudeOptions,
    progress: ProgressResource,
    *,
    limit: int | None = None,
) -> FillReport:
    """Ask about what is pending in `scope`, showing how far it is; `options` are for Claude.

    Codes that are in a live batch are left to it.
    """
    pending = store.ledger.askable(scope, annotator.recipe.recipe_id)
    if not pending:
        return FillReport()
    show = progress.start(scope.code_system, min(pending, limit) if limit else pending)
    if isinstance(annotator, RulesAnnotator):
        ledger = store.ledger.of_run(options.run_id)
        return fill(ledger, annotator, scope, limit=limit, progress=show)
    return annotator.fill(store, scope, options, limit=limit, progress=show)


def fill_by_mode(
    store: Store,
    annotator: AnyAnnotator,
    scope: Scope,
    asking: AskingConfig,
    options: ClaudeOptions,
    progress: ProgressResource,
    *,
    limit: int | None = None,
) -> FillReport:
    """Ask about everything pending in `scope`, by messages or by batches.

    Batches that have ended are read first. After batches that were waited for, what is left (codes
    whose answer did not stand) is asked by messages.
    """
    if not isinstance(annotator, ClaudeAnnotator):
        return fill_scope(store, annotator, scope, options, progress, limit=limit)
    batch_runs.read_ended(store, annotator)
    if asking.mode is Mode.BATCHES:
        report = batch_runs.send(
            store, annotator, scope, options, progress, limit=limit, wait=asking.wait
        )
        if not asking.wait:
            return report
        limit = None if limit is None else max(0, limit - report.asked)
        if limit == 0:
            return report
    return fill_scope(store, annotator, scope, options, progress, limit=limit)
