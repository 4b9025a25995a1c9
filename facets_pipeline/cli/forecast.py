"""What asking Claude will take, before it is asked; nothing here spends anything."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from typing import TYPE_CHECKING

from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.estimate import (
    Estimate,
    Limits,
    Workload,
    estimate,
    tokens_of,
    workload_of,
)
from facets_pipeline.domain.prompt import Question
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.ramp import MOST_IN_FLIGHT

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store

COUNT_SECONDS = 10.0
"""How long the API may take to count tokens before the rule stands in."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one code system will take.

    Attributes:
        code_system: Its name.
        model: The model.
        pending: Codes that would be asked.
        estimate: Requests, tokens, cost and time.
        counted_by: "api" if the API counted the prompt, "rule" for 3.5 characters a token.
        output_by: "ledger" if answers were measured before, "rule" for the usual length.
    """

    code_system: str
    model: str
    pending: int
    estimate: Estimate
    counted_by: str
    output_by: str


def forecast(
    store: "Store",
    code_system: str,
    annotator: "ClaudeAnnotator",
    codes_per_request: int,
    *,
    force: bool = False,
    limit: int = 0,
    ask: AskFor = AskFor.LAST,
) -> Forecast:
    """Return what asking about what is pending will take; nothing is spent.

    `force` means everything, not just what is pending; `limit` is the most codes, 0 for all. To
    `ask` only undecided codes, the second opinions must be fresh.
    """
    recipe_id, day = annotator.recipe.recipe_id, store.today()
    every = pages(store.codes.active(code_system, day))
    found = every if force else store.ledger.pending_pages(code_system, recipe_id, day, ask)
    asked = _cut(found, limit or sys.maxsize)
    none: list[Code] = []
    first = next(asked, none)
    prefix = _counted_prefix(annotator, first[0]) if first else None
    measured = store.figures.output_per_code(recipe_id)
    measure = partial(
        workload_of,
        codes_per_request=codes_per_request,
        thinks=annotator.plan.thinks,
        prefix=prefix,
        output_per_code=measured,
    )
    workload = reduce(_added, map(measure, chain([first], asked)))
    return Forecast(
        code_system=code_system,
        model=annotator.facts.id,
        pending=workload.codes,
        estimate=estimate(workload, annotator.facts, _limits(store, annotator.facts.id)),
        counted_by="rule" if prefix is None else "api",
        output_by="rule" if measured is None else "ledger",
    )


def _cut(pages_of_codes: Iterable[list[Code]], most: int) -> Iterator[list[Code]]:
    for page in pages_of_codes:
        if most <= 0:
            return
        yield page[:most]
        most -= len(page)


def _limits(store: "Store", model: str) -> Limits:
    known = store.limits(model)
    return Limits(
        requests_per_minute=_whole(known.requests),
        input_tokens_per_minute=_whole(known.input_tokens),
        output_tokens_per_minute=_whole(known.output_tokens),
        in_flight=MOST_IN_FLIGHT,
    )


def _added(one: Workload, other: Workload) -> Workload:
    return Workload(
        requests=one.requests + other.requests,
        codes=one.codes + other.codes,
        prefix_tokens=other.prefix_tokens,
        question_tokens=one.question_tokens + other.question_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        thinking_tokens=one.thinking_tokens + other.thinking_tokens,
    )


def _counted_prefix(annotator: "ClaudeAnnotator", code: Code) -> int | None:
    """Return the tokens of prompt and schema as the API counts them; None if it cannot be asked."""
    request = annotator.request((Question(code),))

    async def count() -> int:
        async with asyncio.timeout(COUNT_SECONDS), annotator.client() as client:
            return await client.count_tokens(request)

    try:
        return asyncio.run(count()) - tokens_of(request.user)
    except (AnnotatorError, TimeoutError):
        # Without a key, a network or an answer in time the documented rule stands in; which of the
        # two it was is said with the estimate.
        return None


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)
