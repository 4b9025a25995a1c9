"""Asking a review model about codes on which two sources differ, through the one door.

Belongs here: which codes it is asked about, and that a reply is recorded before it is used and
never paid twice. What is asked is `domain/review_prompt`, what follows `domain/third_opinion`.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from facets_pipeline.adapters.annotators.claude.annotator import (
    EXPECTED_CHARACTERS,
    NANO,
    ClaudeAnnotator,
    ClaudeOptions,
)
from facets_pipeline.adapters.annotators.claude.own_questions import (
    OwnQuestion,
    own_request,
    own_terms,
)
from facets_pipeline.adapters.store.budgets import spent
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.review_queue import review_queue
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.adapters.store.third_opinions import (
    keep_third,
    recorded_reply,
    review_recipe,
)
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.domain.review import Cause, Waiting
from facets_pipeline.domain.review_prompt import (
    MAX_TOKENS,
    ReviewQuestion,
    read_review,
    review_question,
)
from facets_pipeline.domain.third_opinion import REVIEW
from facets_pipeline.domain.usage import Usage, cost_nano
from facets_pipeline.engine.calls import MessageRequest, Reply
from facets_pipeline.engine.draining import Draining
from facets_pipeline.engine.ports import Terms
from facets_pipeline.engine.single import ask_once

AT_ONCE = 8
"""Questions under way at a time: each waits for its model, limits are kept by the ledger."""

EXPECTED_OUTPUT = 60
"""Output tokens of an answer about one or two facets."""


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What a review would ask.

    Attributes:
        questions: The questions that were never answered.
        known: Questions whose reply was paid before and is used again.
        usd: What they will cost, about; None if the price is not known.
        worst_usd: What they can cost at most; None if the price is not known.
    """

    questions: tuple[ReviewQuestion, ...]
    known: tuple[ReviewQuestion, ...]
    usd: float | None
    worst_usd: float | None


def review_plan(
    annotator: ClaudeAnnotator, store: Store, code_system: str | None, limit: int
) -> ReviewPlan:
    """Return what a review model would be asked about the queue; the flat table must be fresh.

    Args:
        annotator: The review model.
        store: The store.
        code_system: Only this system; None for all.
        limit: Most codes, those first that matter most; 0 for all.
    """
    queue = [item for item in _queue(store, code_system) if item.cause is not Cause.LAPSED]
    found = [question for item in queue if (question := _question(store, item)) is not None]
    known, fresh = list[ReviewQuestion](), list[ReviewQuestion]()
    for question in found:
        recipe = review_recipe(question, annotator.plan.model)
        is_known = recorded_reply(store.database, recipe.recipe_id) is not None
        (known if is_known else fresh).append(question)
    fresh = fresh[: limit or None]
    requests = [_request(annotator, question) for question in fresh]
    usual = [_usual_nano(annotator, request) for request in requests]
    worst = [
        own_terms(annotator, "", request, ClaudeOptions()).worst_case(()) for request in requests
    ]
    return ReviewPlan(tuple(fresh), tuple(known), _dollars(usual), _dollars(worst))


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
    recipes = {
        id(question): review_recipe(question, annotator.plan.model) for question in plan.questions
    }
    calls: list[tuple[Terms, MessageRequest]] = []
    for question in plan.questions:
        recipe = recipes[id(question)]
        store.recipes.keep(recipe)
        request = _request(annotator, question)
        calls.append((own_terms(annotator, recipe.recipe_id, request, options), request))
    try:
        if calls:
            _ask_all(annotator, store, calls)
    finally:
        # Also after a failure: whatever was recorded was paid.
        kept = sum(_keep(annotator, store, each) for each in (*plan.known, *plan.questions))
    return kept


def _queue(store: Store, code_system: str | None) -> list[Waiting]:
    return review_queue(store.database, store.flat, code_system)


def _question(store: Store, item: Waiting) -> ReviewQuestion | None:
    """Return what is asked about a code; None where only one source spoke."""
    (row,) = store.flat.rows(item.code_system, [item.code])
    second = store.second.of(item.code_system, [item.code]).get(item.code)
    document = row["opinions"]
    is_one_source = str(document.get("source", "")).startswith("rules")
    # Where a decision is in the way, a person is asked: no model overrides one.
    if second is None or is_one_source or document.get("decisions"):
        return None
    said = {facet: Stated(*parts) for facet, parts in document.get("stated", {}).items()}
    code = Code(item.code_system, item.code, long_descriptor=row["descriptor"])
    facets = item.facets if item.cause is Cause.DOUBT else CODEBOOK.names
    return review_question(code, facets, said, second, CODEBOOK)


def _request(annotator: ClaudeAnnotator, question: ReviewQuestion) -> MessageRequest:
    most = max(MAX_TOKENS, annotator.plan.max_tokens(1))
    own = OwnQuestion(REVIEW, question.system, question.user, question.schema, most)
    return own_request(annotator, own)


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


def _keep(annotator: ClaudeAnnotator, store: Store, question: ReviewQuestion) -> bool:
    """Keep what the recorded reply to a question says; tell whether it is of use."""
    model = annotator.plan.model
    found = recorded_reply(store.database, review_recipe(question, model).recipe_id)
    if found is None:
        return False
    call_id, body = found
    third = read_review(Reply.of_body(body).text, question, model, CODEBOOK)
    if third is None:
        return False
    keep_third(store.database, question.code, third, call_id)
    return True


def _usual_nano(annotator: ClaudeAnnotator, request: MessageRequest) -> int | None:
    characters = len(request.system) + len(request.user)
    tokens = math.ceil(characters / EXPECTED_CHARACTERS)
    usage = Usage(input_tokens=tokens, output_tokens=EXPECTED_OUTPUT)
    return cost_nano(usage, annotator.facts)


def _dollars(nano: Sequence[int | None]) -> float | None:
    known = [each for each in nano if each is not None]
    return sum(known) / NANO if len(known) == len(nano) else None


def _today(store: Store) -> date:
    with store.database.read() as connection:
        return store.database.now(connection).date()
