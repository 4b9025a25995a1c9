"""ClaudeResource: a question of a user's own goes through the same ledger and the same budget."""

from collections.abc import Generator
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.claude.own_questions import OwnQuestion
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.domain.errors import AnnotatorError, BudgetError
from facets_pipeline.engine.calls import NotPaid
from facets_pipeline.engine.course import PATIENCE
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server

QUESTION = OwnQuestion(
    name="colours",
    system="You name colours.",
    user='[{"code": "X1", "descriptor": "the sky"}]',
    schema={
        "type": "object",
        "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
        "required": ["colour"],
        "additionalProperties": False,
    },
    max_tokens=200,
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[RunningServer]:
    """A local API that the settings name, in a working folder without a .env."""
    monkeypatch.chdir(tmp_path)
    with running_server() as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", running.api_key)
        yield running


def test_an_own_question_is_answered_and_stands_in_the_ledger_at_its_price(
    server: RunningServer, tmp_path: Path
) -> None:
    with Store.open(str(tmp_path / "own.db")) as store:
        text = ClaudeResource().ask(store, QUESTION, run_id="run")
        (cost,) = store.figures.costs()
    assert text in {'{"colour":"red"}', '{"colour":"blue"}'}
    assert cost.calls == 1
    assert cost.usd == float(server.admin.cost_usd())


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded"])
def test_an_own_question_that_was_turned_away_is_asked_again(
    server: RunningServer, tmp_path: Path, kind: str
) -> None:
    server.admin.plan(Fault(kind, count=2, seconds=0.1))
    with Store.open(str(tmp_path / "own.db")) as store:
        ClaudeResource().ask(store, QUESTION, run_id="run")
        (cost,) = store.figures.costs()
    assert [one["fired"] for one in server.admin.faults()] == [2]
    assert (cost.calls, cost.in_doubt) == (1, 0)
    assert cost.usd == float(server.admin.cost_usd())


@pytest.mark.parametrize(
    ("fault", "message", "asked"),
    [(Fault("rate_limited", seconds=0.01), "429", PATIENCE), (Fault("billing"), "credit", 1)],
    ids=["turned away for ever", "refused for good"],
)
def test_an_own_question_that_nobody_answers_says_why_and_costs_nothing(
    server: RunningServer, tmp_path: Path, fault: Fault, message: str, asked: int
) -> None:
    server.admin.plan(fault)
    with Store.open(str(tmp_path / "own.db")) as store:
        with pytest.raises((NotPaid, AnnotatorError), match=message):
            ClaudeResource().ask(store, QUESTION, run_id="run")
        assert store.figures.costs() == ()
    assert [one["fired"] for one in server.admin.faults()] == [asked]


def test_an_own_question_whose_reply_is_lost_is_not_paid_for_twice(
    server: RunningServer, tmp_path: Path
) -> None:
    server.admin.plan(Fault("drop_before_reply", count=1))
    with Store.open(str(tmp_path / "own.db")) as store:
        with pytest.raises(AnnotatorError, match="paid is not known"):
            ClaudeResource().ask(store, QUESTION, run_id="run")
        (cost,) = store.figures.costs()
    assert (cost.calls, cost.in_doubt) == (1, 1)
    assert server.admin.account()["paid_calls"] == 1


def test_an_own_question_falls_under_the_budget_of_the_day(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_BUDGET_USD_PER_DAY", "0.000001")
    with Store.open(str(tmp_path / "own.db")) as store, pytest.raises(BudgetError):
        ClaudeResource().ask(store, QUESTION, run_id="run")
    assert server.admin.account()["paid_calls"] == 0
