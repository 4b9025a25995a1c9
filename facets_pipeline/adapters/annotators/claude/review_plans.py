"""What a review model would be asked: about which codes, and for how much money.

Belongs here: reading the queue by pages, and what of it was answered before. Asking is `reviewing`,
the words are `domain/review_prompt`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facets_pipeline.adapters.annotators.claude.annotator import (
    EXPECTED_CHARACTERS,
    ClaudeAnnotator,
    ClaudeOptions,
)
from facets_pipeline.adapters.annotators.claude.own_questions import (
    OwnQuestion,
    own_request,
    own_terms,
)
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.review_queue import review_queue
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.adapters.store.third_opinions import (
    recorded_replies,
    review_recipe,
)
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.opinions import Opinion, Stated
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.review import Cause, Waiting
from facets_pipeline.domain.review_prompt import (
    MAX_TOKENS,
    ReviewQuestion,
    review_question,
)
from facets_pipeline.domain.third_opinion import REVIEW
from facets_pipeline.domain.usage import Usage, cost_nano
from facets_pipeline.engine.calls import MessageRequest

EXPECTED_OUTPUT = 60
"""Output tokens of an answer about one or two facets."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A question, and the recipe under which it stands in the ledger."""

    question: ReviewQuestion
    recipe: Recipe
    recipe_id: str


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What a review would ask.

    Attributes:
        questions: The questions that were never answered.
        known: Questions whose reply was paid before and is used again.
        usd: What they will cost, about; None if the price is not known.
        worst_usd: What they can cost at most; None if the price is not known.
    """

    questions: tuple[Planned, ...]
    known: tuple[Planned, ...]
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
    known, fresh = list[Planned](), list[Planned]()
    for page in pages(review_queue(store.database, store.flat, code_system)):
        planned = list(_planned(annotator, store, page))
        replies = recorded_replies(store.database, [each.recipe_id for each in planned])
        for each in planned:
            (known if each.recipe_id in replies else fresh).append(each)
        if limit:
            del fresh[limit:]
    requests = [review_request(annotator, each.question) for each in fresh]
    usual = [_usual_nano(annotator, request) for request in requests]
    worst = [
        own_terms(annotator, "", request, ClaudeOptions()).worst_case(()) for request in requests
    ]
    return ReviewPlan(tuple(fresh), tuple(known), _dollars(usual), _dollars(worst))


def review_request(annotator: ClaudeAnnotator, question: ReviewQuestion) -> MessageRequest:
    """Return the request that puts a question to the review model."""
    most = max(MAX_TOKENS, annotator.plan.max_tokens(1))
    own = OwnQuestion(REVIEW, question.system, question.user, question.schema, most)
    return own_request(annotator, own)


def _planned(
    annotator: ClaudeAnnotator, store: Store, page: Sequence[Waiting]
) -> Iterator[Planned]:
    """Yield what is asked about a page of the queue, in its order."""
    wanted: dict[str, list[str]] = {}
    for item in page:
        if item.cause is not Cause.LAPSED:
            wanted.setdefault(item.code_system, []).append(item.code)
    rows = {
        (system, row["code"]): row
        for system, codes in wanted.items()
        for row in store.flat.rows(system, codes)
    }
    second = {system: store.second.of(system, codes) for system, codes in wanted.items()}
    for item in page:
        row = rows.get((item.code_system, item.code))
        opinion = second.get(item.code_system, {}).get(item.code)
        if row is None or opinion is None:
            continue
        question = _question(item, row["descriptor"], row["opinions"], opinion)
        if question is not None:
            recipe = review_recipe(question, annotator.plan.model)
            yield Planned(question, recipe, recipe.recipe_id)


def _question(
    item: Waiting, descriptor: str, document: Mapping[str, Any], second: Opinion
) -> ReviewQuestion | None:
    """Return what is asked about a code; None where only one source spoke."""
    is_one_source = str(document.get("source", "")).startswith("rules")
    # Where a decision is in the way, a person is asked: no model overrides one.
    if is_one_source or document.get("decisions"):
        return None
    said = {facet: Stated(*parts) for facet, parts in document.get("stated", {}).items()}
    code = Code(item.code_system, item.code, long_descriptor=descriptor)
    facets = item.facets if item.cause is Cause.DOUBT else CODEBOOK.names
    return review_question(code, facets, said, second, CODEBOOK)


def _usual_nano(annotator: ClaudeAnnotator, request: MessageRequest) -> int | None:
    characters = len(request.system) + len(request.user)
    tokens = math.ceil(characters / EXPECTED_CHARACTERS)
    usage = Usage(input_tokens=tokens, output_tokens=EXPECTED_OUTPUT)
    return cost_nano(usage, annotator.facts)


def _dollars(nano: Sequence[int | None]) -> float | None:
    known = [each for each in nano if each is not None]
    return sum(known) / NANO if len(known) == len(nano) else None
