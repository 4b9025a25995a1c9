"""The job `ask_review_model`, and what it shares with `facets review ask`.

A review model is asked only where two different sources differ, and only when a person starts it:
it spends money, under a budget of its own and the day's.
"""

from dataclasses import dataclass

import dagster as dg
from pydantic import Field

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
from facets_pipeline.adapters.annotators.claude.prices import model_table
from facets_pipeline.adapters.annotators.claude.review_plans import ReviewPlan, review_plan
from facets_pipeline.adapters.annotators.claude.reviewing import ask_planned, review_options
from facets_pipeline.adapters.store.review_queue import review_queue
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review came to.

    Attributes:
        model: Who was asked.
        asked: Questions that were paid for.
        of_use: Answers that could be used, those paid earlier included.
        before: Codes that waited for a person before.
        after: Codes that wait now.
    """

    model: str
    asked: int
    of_use: int
    before: int
    after: int


def refresh_rows(store: Store) -> int:
    """Bring all rows up to date, and return how many codes wait for a person."""
    reconcile = Settings.load().reconcile
    for name in store.releases.loaded():
        store.refresh_rows(name, reconcile)
    return len(review_queue(store.database, store.flat))


def review_annotator(store: Store) -> ClaudeAnnotator:
    """Return the review model of the settings.

    Raises:
        SettingsError: None is set.
        AnnotatorError: It is retired or unknown.
    """
    settings = Settings.load()
    if not settings.review_model:
        raise SettingsError(
            "No review model is set: name one in FACETS_REVIEW_MODEL, as claude-opus-5-5."
        )
    facts = model_table(settings.prices_file).model_facts(settings.review_model, store.today())
    return ClaudeAnnotator(facts, settings.anthropic_api_key)


def plan_review(store: Store, system: str | None, limit: int) -> tuple[ClaudeAnnotator, ReviewPlan]:
    """Return whom to ask and what; rows must be up to date."""
    annotator = review_annotator(store)
    return annotator, review_plan(annotator, store, system, limit)


def carry_out(
    store: Store, annotator: ClaudeAnnotator, plan: ReviewPlan, budget_usd: float
) -> Reviewed:
    """Ask what is planned, keep it, and bring the rows up to date, also after a failure.

    Args:
        store: The store.
        annotator: The review model.
        plan: What to ask.
        budget_usd: Most dollars for it; 0 for no limit but the two per day.

    Raises:
        BudgetError: A budget is used up.
        AnnotatorError: Key, model, limits or outage.
    """
    options = review_options(
        store,
        ClaudeResource().options(""),
        per_day_usd=Settings.load().review_budget_usd_per_day,
        budget_usd=budget_usd or None,
    )
    before = len(review_queue(store.database, store.flat))
    try:
        of_use = ask_planned(annotator, store, plan, options)
    finally:
        after = refresh_rows(store)
    return Reviewed(annotator.plan.model, len(plan.questions), of_use, before, after)


class ReviewConfig(dg.Config):
    """What a review model is asked."""

    code_system: str = Field(default="", description="Only this code system; empty: all.")
    limit: int = Field(default=0, ge=0, description="Ask about this many codes at most; 0: all.")
    budget_usd: float = Field(
        default=0.0, ge=0, description="Dollars for this run at most; 0: only the limits per day."
    )


@dg.op(
    ins={"after": dg.In(dg.Nothing)},
    description="Ask the review model about the codes on which two sources differ.",
)
def ask_about_doubts(
    context: dg.OpExecutionContext, config: ReviewConfig, store: StoreResource
) -> None:
    """Ask, keep the answers, and bring the rows up to date."""
    with plain_failures(), store.open() as opened:
        refresh_rows(opened)
        system = code_system(config.code_system).name if config.code_system else None
        annotator, plan = plan_review(opened, system, config.limit)
        done = carry_out(opened, annotator, plan, config.budget_usd)
        context.log.info(
            "%s was asked about %d codes; %d codes waited for a person, %d wait now",
            *(done.model, done.asked, done.before, done.after),
        )


@dg.job(
    description="Ask the model of FACETS_REVIEW_MODEL about the codes in doubt or in review, with "
    "both opinions. It spends, under FACETS_REVIEW_BUDGET_USD_PER_DAY and the budget of the day; "
    "nothing starts it but a person."
)
def ask_review_model() -> None:
    """One step."""
    ask_about_doubts()
