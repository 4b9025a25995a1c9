"""On which terms Claude is asked by batches: prices, worst cases, requests, and the try before.

Before the first batch of a recipe one code is asked by a message, with the parameters of a batch:
the API checks the requests of a batch only when it processes them, and a parameter that it refuses
would be known only after all of them had failed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from facets_pipeline.adapters.annotators.claude.annotator import (
    FEWEST_CHARACTERS,
    ClaudeAnnotator,
    ClaudeOptions,
)
from facets_pipeline.adapters.annotators.claude.capabilities import check_model
from facets_pipeline.adapters.store.batches import has_replies
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.usage import Usage, cost_nano, worst_case_nano
from facets_pipeline.engine.calls import MessageRequest, Stop
from facets_pipeline.engine.course import Course
from facets_pipeline.engine.fill import silent
from facets_pipeline.engine.one_call import OneCall
from facets_pipeline.engine.ports import Scope, Terms

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient


def batch_terms(annotator: ClaudeAnnotator, options: ClaudeOptions) -> Terms:
    """Return the conditions under which batches are sent: half the price, and a longer cache.

    Raises:
        BudgetError: A budget is set and the model's price is not known.
    """
    return replace(
        annotator.terms(options),
        worst_case=partial(_worst_case, annotator, batch=True),
        cost=partial(cost_nano, facts=annotator.facts, batch=True),
    )


def batch_request(annotator: ClaudeAnnotator, questions: tuple[Question, ...]) -> MessageRequest:
    """Return the request about some questions in a batch, which may run for hours."""
    return replace(annotator.request(questions), cache_ttl="1h")


async def check_plan(
    annotator: ClaudeAnnotator,
    store: Store,
    scope: Scope,
    options: ClaudeOptions,
    client: "BatchClient",
) -> None:
    """Make sure that the model takes what is planned, before many requests depend on it.

    Raises:
        Stop: The model, or a parameter, is refused.
        NotPaid: Nothing can be found out now; later it may.
        BudgetError: Not even one code fits into a budget.
    """
    info = await client.model_info(annotator.plan.model)
    check_model(info, annotator.plan)
    if info.supports("batch") is False:
        raise Stop(
            f"The model {annotator.plan.model!r} takes no batches: use --mode messages, or choose "
            f"another model."
        )
    if not has_replies(store.database, annotator.recipe.recipe_id):
        await _probe(annotator, store, scope, options, client)


async def _probe(
    annotator: ClaudeAnnotator,
    store: Store,
    scope: Scope,
    options: ClaudeOptions,
    client: "BatchClient",
) -> None:
    """Ask one code by a message; its answer counts.

    Only a refusal that a person must act on ends the run: whether messages are slow or limited at
    the moment says nothing of batches.
    """
    terms = replace(
        annotator.terms(options),
        worst_case=partial(_worst_case, annotator, batch=False),
    )
    course = Course()
    with StorePaidLedger(store.database) as ledger:
        ask = await ledger.open(scope, terms, after="", most=1)
        if ask is not None:
            request = partial(batch_request, annotator)
            await OneCall(ledger, client, terms, request, course, silent).make(ask)
    if course.error is not None:
        raise course.error


def _worst_case(
    annotator: ClaudeAnnotator, questions: Sequence[Question], *, batch: bool
) -> int | None:
    request = annotator.request(tuple(questions))
    characters = len(request.system) + len(request.user) + len(str(request.schema))
    return worst_case_nano(
        math.ceil(characters / FEWEST_CHARACTERS),
        request.max_tokens,
        annotator.facts,
        batch=batch,
        ttl="1h",
    )


def batch_price(annotator: ClaudeAnnotator) -> Callable[[str, Usage], int | None]:
    """Return what prices a usage in a batch by model, in nano-dollars; None if not known."""

    def price(model: str, usage: Usage) -> int | None:
        same = model == annotator.facts.id
        facts = annotator.facts if same else shipped_models().known_model(model)
        return None if facts is None else cost_nano(usage, facts, batch=True)

    return price
