"""Budgets: spent and reserved together never exceed a limit, at any instant."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.store.budgets import Spent
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import BudgetError
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.prompt import Question
from facets_pipeline_tests.adapters.annotators.claude.asking import is_one_sentence
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    MODEL,
    annotator_at,
    check_exact,
    fill_store,
    outcomes_of,
    spent_today,
    with_codes,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer

COUNT = 60


def worst_case(server: RunningServer, codes: Sequence[Code]) -> int:
    """Return what a call about `codes` may cost, in nano-dollars."""
    terms = annotator_at(server.base_url).terms(ClaudeOptions())
    worst = terms.worst_case([Question(code) for code in codes])
    assert worst is not None
    return worst


@pytest.mark.parametrize("name", ["budget_usd", "budget_usd_per_day"])
def test_a_budget_holds_at_every_instant_and_keeps_what_it_paid_for(
    store: Store, server: RunningServer, name: str
) -> None:
    worst = worst_case(server, with_codes(store, COUNT, server.admin)[:5])
    server.admin.plan(Fault("drop_before_reply", count=1, after=3))
    server.admin.plan(Fault("slow", seconds=0.05))
    # Room for two calls at a time; the one in doubt keeps its own, and then there is too little.
    budget = round(2.2 * worst / NANO, 4)
    seen: list[Spent] = []
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(fill_store, store, server.base_url, **{name: budget})
        while not run.done():
            seen.append(spent_today(store))
        with pytest.raises(BudgetError) as caught:
            run.result()
    message = str(caught.value)
    assert is_one_sentence(message.replace("$0.", "$0,"))
    assert f"of ${budget:.4f} is used up" in message
    most = max(spent.settled + spent.reserved for spent in seen)
    assert budget * NANO / 2 < most <= budget * NANO
    answered = outcomes_of(store).answered
    assert 0 < len(answered) < COUNT
    assert outcomes_of(store).open_items == 0
    assert check_exact(store, server) == 1
    assert server.admin.cost_usd() <= budget
    fill_store(store, server.base_url)
    assert len(outcomes_of(store).answered) == COUNT


def test_a_budget_is_not_exceeded_by_what_is_reserved_for_a_call_in_doubt(
    store: Store, server: RunningServer
) -> None:
    worst = worst_case(server, with_codes(store, 5, server.admin))
    server.admin.plan(Fault("drop_before_reply"))
    with pytest.raises(BudgetError):
        fill_store(store, server.base_url, budget_usd=2.5 * worst / NANO)
    assert spent_today(store) == Spent(0, 2 * worst)
    assert check_exact(store, server) == 2


def test_a_budget_needs_a_known_price(server: RunningServer) -> None:
    facts = shipped_models().known_model(MODEL)
    assert facts is not None
    annotator = ClaudeAnnotator(
        replace(facts, prices=None), SecretStr("test-key"), base_url=server.base_url
    )
    with pytest.raises(BudgetError, match=r"price of .* is not known"):
        annotator.terms(ClaudeOptions(budget_usd=1.0))
    assert annotator.terms(ClaudeOptions()).run_budget_nano_usd is None
