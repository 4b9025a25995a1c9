"""The `claude` annotator: model, prompt, prices and budgets put together for the engine's loop."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.capabilities import check_model
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.claude_recipe import claude_recipe
from facets_pipeline.domain.errors import BudgetError
from facets_pipeline.domain.model_facts import ModelFacts
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.prompt import Question, answer_schema, system_prompt, user_message
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.request_plan import RequestPlan, plan_request
from facets_pipeline.domain.usage import Usage, cost_nano, worst_case_nano
from facets_pipeline.engine.calls import MessageRequest
from facets_pipeline.engine.draining import Draining
from facets_pipeline.engine.fill import FillReport, Progress, silent
from facets_pipeline.engine.messages import MessagesFill
from facets_pipeline.engine.ports import Scope, Terms
from facets_pipeline.engine.throttle import Cost

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.client import ClaudeClient

CODES_PER_REQUEST = 10
"""Codes asked together by default: the prompt is read once for ten, and a cut answer costs ten."""

EXPECTED_OUTPUT = 33
"""Output tokens that one code's answer takes on average; corrected by each reply."""

EXPECTED_CHARACTERS = 3.5
"""Characters per token, on average."""

FEWEST_CHARACTERS = 2.5
"""Characters per token at the least: what a reservation counts with."""


@dataclass(frozen=True, slots=True)
class ClaudeOptions:
    """How Claude is asked in one run.

    Attributes:
        codes_per_request: Codes asked together.
        cap_rpm: Most requests per minute; None for what the API allows.
        budget_usd: Most dollars for this run; None for no limit of its own.
        budget_usd_per_day: Most dollars per day (UTC) over all runs; None for no limit.
        run_id: Name of the run in the ledger.
    """

    codes_per_request: int = CODES_PER_REQUEST
    cap_rpm: float | None = None
    budget_usd: float | None = None
    budget_usd_per_day: float | None = None
    run_id: str = ""


class ClaudeAnnotator:
    """Asks one model by one plan; its recipe follows from the codebook and the plan.

    Args:
        facts: The model.
        key: The API key.
        effort: Level of effort; None for the cheapest.
        thinking: Whether the model is to think; None for not, where it can be told so.
        base_url: Address of the API; None as the SDK reads it.
    """

    def __init__(
        self,
        facts: ModelFacts,
        key: SecretStr | None,
        *,
        effort: str | None = None,
        thinking: bool | None = None,
        base_url: str | None = None,
    ) -> None:
        self.facts = facts
        self.plan: RequestPlan = plan_request(facts, effort=effort, thinking=thinking)
        self.recipe: Recipe = claude_recipe(self.plan)
        self._key = key
        self._base_url = base_url

    def client(self) -> "ClaudeClient":
        """Return a client, to be opened within an event loop.

        Raises:
            AnnotatorError: There is no key.
        """
        # The SDK takes longer to import than most commands to run; only those that ask need it.
        from facets_pipeline.adapters.annotators.claude.client import (  # noqa: PLC0415
            ClaudeClient,
        )

        return ClaudeClient(self._key, base_url=self._base_url)

    def request(self, questions: tuple[Question, ...]) -> MessageRequest:
        """Return the request about some questions."""
        return MessageRequest(
            model=self.plan.model,
            max_tokens=self.plan.max_tokens(len(questions)),
            system=_system(),
            user=user_message(questions),
            schema=_schema(),
            thinking=self.plan.thinking,
            effort=self.plan.effort,
        )

    def terms(self, options: ClaudeOptions) -> Terms:
        """Return the conditions under which a run may ask.

        Raises:
            BudgetError: A budget is set and the model's price is not known.
        """
        budgets = (options.budget_usd, options.budget_usd_per_day)
        if self.facts.prices is None and any(budget is not None for budget in budgets):
            raise BudgetError(
                f"The price of {self.facts.id!r} is not known, so no budget can be kept: state it "
                f"in a file named by FACETS_PRICES_FILE, or set no budget."
            )
        run, day = (None if usd is None else round(usd * NANO) for usd in budgets)
        return Terms(
            recipe_id=self.recipe.recipe_id,
            model=self.facts.id,
            run_id=options.run_id,
            codes_per_request=options.codes_per_request,
            cap_rpm=options.cap_rpm,
            run_budget_nano_usd=run,
            day_budget_nano_usd=day,
            expected=_expected,
            worst_case=self._worst_case,
            cost=self._cost,
        )

    def fill(
        self,
        store: Store,
        scope: Scope,
        options: ClaudeOptions,
        *,
        limit: int | None = None,
        progress: Progress = silent,
    ) -> FillReport:
        """Ask about what is pending in `scope`; an interrupt finishes the calls in flight.

        Raises:
            AnnotatorError: Key, model, budget, limits or outage; what was answered is kept.
        """
        terms = self.terms(options)
        client = self.client()
        with StorePaidLedger(store.database) as ledger:
            loop = MessagesFill(ledger, client, terms, self.request, limit=limit, progress=progress)

            async def work() -> FillReport:
                async with client:
                    if await ledger.pending(scope, terms.recipe_id):
                        check_model(await client.model_info(self.plan.model), self.plan)
                    return await loop.run(scope)

            return Draining(work, loop.stop).run()

    def _worst_case(self, questions: Sequence[Question]) -> int | None:
        characters = _fixed_characters() + len(user_message(questions))
        return worst_case_nano(
            math.ceil(characters / FEWEST_CHARACTERS),
            self.plan.max_tokens(len(questions)),
            self.facts,
        )

    def _cost(self, usage: Usage) -> int | None:
        return cost_nano(usage, self.facts)


def _expected(questions: Sequence[Question]) -> Cost:
    characters = len(user_message(questions))
    return Cost(
        requests=1,
        input_tokens=math.ceil(characters / EXPECTED_CHARACTERS),
        output_tokens=EXPECTED_OUTPUT * len(questions),
    )


@functools.cache
def _system() -> str:
    return system_prompt()


@functools.cache
def _schema() -> Mapping[str, Any]:
    return answer_schema()


@functools.cache
def _fixed_characters() -> int:
    return len(_system()) + len(str(_schema()))
