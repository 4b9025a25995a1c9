"""Questions of a user's own, through the one door: same limits, same budgets, same ledger."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from facets_pipeline.adapters.annotators.claude.annotator import (
    EXPECTED_CHARACTERS,
    FEWEST_CHARACTERS,
    ClaudeAnnotator,
    ClaudeOptions,
)
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.usage import worst_case_nano
from facets_pipeline.engine.calls import MessageRequest, Reply
from facets_pipeline.engine.draining import Draining
from facets_pipeline.engine.ports import Terms
from facets_pipeline.engine.single import ask_once
from facets_pipeline.engine.throttle import Cost

OWN = "own"
"""The annotator's name under which a user's own questions stand in the ledger."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """What a user's own asset asks.

    Attributes:
        name: What it is for, as it stands in the ledger.
        system: The system prompt; it is cached.
        user: The question.
        schema: JSON schema of the answer.
        max_tokens: Most output tokens.
    """

    name: str
    system: str
    user: str
    schema: Mapping[str, object]
    max_tokens: int = 1024


def ask_own(
    annotator: ClaudeAnnotator, store: Store, question: OwnQuestion, options: ClaudeOptions
) -> Reply:
    """Ask one question and return the recorded reply; an interrupt waits for it.

    Raises:
        BudgetError: It could cost more than a budget has left.
        AnnotatorError: Key, model, limits or outage, or nobody can tell whether it was paid.
    """
    recipe = Recipe(
        annotator=OWN,
        model=annotator.plan.model,
        label=question.name,
        content={"system": question.system, "schema": json.dumps(question.schema)},
    )
    store.recipes.keep([recipe])
    request = own_request(annotator, question)
    terms = own_terms(annotator, recipe.recipe_id, request, options)
    client = annotator.client()
    with StorePaidLedger(store.database) as ledger:

        async def work() -> Reply:
            async with client:
                return await ask_once(ledger, client, terms, request)

        return Draining(work, _let_it_end).run()


def own_request(annotator: ClaudeAnnotator, question: OwnQuestion) -> MessageRequest:
    """Return the request of a question, by the annotator's plan."""
    return MessageRequest(
        model=annotator.plan.model,
        max_tokens=question.max_tokens,
        system=question.system,
        user=question.user,
        schema=question.schema,
        thinking=annotator.plan.thinking,
        effort=annotator.plan.effort,
    )


def own_terms(
    annotator: ClaudeAnnotator, recipe_id: str, request: MessageRequest, options: ClaudeOptions
) -> Terms:
    """Return the terms of a question that stands in the ledger under `recipe_id`.

    Raises:
        BudgetError: A budget is set and the model's price is not known.
    """
    characters = len(request.system) + len(request.user) + len(json.dumps(request.schema))

    def expected(_questions: Sequence[Question]) -> Cost:
        return Cost(1, math.ceil(characters / EXPECTED_CHARACTERS), request.max_tokens // 4)

    def worst_case(_questions: Sequence[Question]) -> int | None:
        tokens = math.ceil(characters / FEWEST_CHARACTERS)
        return worst_case_nano(tokens, request.max_tokens, annotator.facts)

    return replace(
        annotator.terms(options),
        recipe_id=recipe_id,
        expected=expected,
        worst_case=worst_case,
    )


def _let_it_end() -> None:
    """Let the one call that is under way come to its end."""
