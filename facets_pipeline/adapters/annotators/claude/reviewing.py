"""Asking a review model about codes on which two sources differ, through the one door.

Belongs here: that a reply is recorded before it is used and never paid twice. Which codes it is
asked about is `review_plans`, what follows from its answers `domain/third_opinion`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.own_questions import own_terms
from facets_pipeline.adapters.annotators.claude.review_plans import (
    Planned,
    ReviewPlan,
    review_request,
)
from facets_pipeline.adapters.store.budgets import spent
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.adapters.store.third_opinions import SaidThird, keep_thirds, recorded_replies
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.review_prompt import read_review
from facets_pipeline.domain.third_opinion import REVIEW
from facets_pipeline.engine.calls import MessageRequest, Reply
from facets_pipeline.engine.draining import Draining
from facets_pipeline.engine.ports import Terms
from facets_pipeline.engine.single import ask_once

AT_ONCE = 8
"""Questions under way at a time: each waits for its model, limits are kept by the ledger."""


def review_options(
    store: Store, options: ClaudeOptions, *, per_day_usd: float, budget_usd: float | None
) -> ClaudeOptions:
    """Return options under which all reviews of a day share one budget of their own.

    Args:
        store: The store whose budgets hold.
        options: How the review model is asked otherwise; the day's budget stands in it.
        per_day_usd: Most dollars for reviews on one day (UTC).
        budget_usd: Most dollars for this review; None for no limit of its own.
    """
    run_id = f"{REVIEW}-{_today(store).isoformat()}"
    limit = per_day_usd
    if budget_usd is not None:
        with store.database.read() as connection:
            kept = spent(connection, f"run:{run_id}")
        limit = min(limit, (kept.settled + kept.reserved) / NANO + budget_usd)
    return replace(options, run_id=run_id, budget_usd=limit)


def ask_planned(
    annotator: ClaudeAnnotator, store: Store, plan: ReviewPlan, options: ClaudeOptions
) -> int:
    """Ask the questions of a plan and keep what was said; return how many answers are of use.

    Raises:
        BudgetError: The next question could cost more than a budget has left.
        AnnotatorError: Key, model, limits or outage; what was answered is kept.
    """
    calls: list[tuple[Terms, MessageRequest]] = []
    for page in pages(plan.questions):
        store.recipes.keep([each.recipe for each in page])
        for each in page:
            request = review_request(annotator, each.question)
            calls.append((own_terms(annotator, each.recipe_id, request, options), request))
    try:
        if calls:
            _ask_all(annotator, store, calls)
    finally:
        # Also after a failure: whatever was recorded was paid.
        said = pages((*plan.known, *plan.questions))
        kept = sum(_keep(annotator.plan.model, store, page) for page in said)
    return kept


def _ask_all(
    annotator: ClaudeAnnotator, store: Store, calls: Sequence[tuple[Terms, MessageRequest]]
) -> None:
    client = annotator.client()
    waiting = list(reversed(calls))

    async def ask_in_turn(ledger: StorePaidLedger) -> None:
        while waiting:
            terms, request = waiting.pop()
            try:
                await ask_once(ledger, client, terms, request)
            except BaseException:
                # No other question is begun; those under way come to their end.
                waiting.clear()
                raise

    async def work(ledger: StorePaidLedger) -> None:
        async with client:
            asking = [ask_in_turn(ledger) for _ in range(min(AT_ONCE, len(calls)))]
            ended = await asyncio.gather(*asking, return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    with StorePaidLedger(store.database) as ledger:
        Draining(lambda: work(ledger), waiting.clear).run()


def _keep(model: str, store: Store, page: Sequence[Planned]) -> int:
    """Keep what the recorded replies to a page of questions say; return how many are of use."""
    replies = recorded_replies(store.database, [each.recipe_id for each in page])
    said: list[SaidThird] = []
    for each in page:
        if (found := replies.get(each.recipe_id)) is None:
            continue
        third = read_review(Reply.of_body(found.body).text, each.question, model, CODEBOOK)
        if third is not None:
            said.append(SaidThird(each.question.code, third, found.call_id))
    keep_thirds(store.database, said)
    return len(said)


def _today(store: Store) -> date:
    with store.database.read() as connection:
        return store.database.now(connection).date()
