"""ClaudeResource: a question of a user's own goes through the same ledger and the same budget."""

from collections.abc import Generator
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.claude.own_questions import OwnQuestion
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.domain.errors import BudgetError
from facets_pipeline_tests.claude_server import RunningServer, running_server

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


def test_an_own_question_falls_under_the_budget_of_the_day(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_BUDGET_USD_PER_DAY", "0.000001")
    with Store.open(str(tmp_path / "own.db")) as store, pytest.raises(BudgetError):
        ClaudeResource().ask(store, QUESTION, run_id="run")
    assert server.admin.account()["paid_calls"] == 0
