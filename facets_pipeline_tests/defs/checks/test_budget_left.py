"""budget_left: told before the day's budget is used up, an error when it stopped a run."""

from datetime import UTC, datetime

import dagster as dg
import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.budgets import day_scope
from facets_pipeline.adapters.store.schema import budget
from facets_pipeline_tests.claude_server import RunningServer
from facets_pipeline_tests.defs.graph_runs import (
    CELL,
    HCPCS,
    GraphRuns,
    check,
    latest_check,
    text,
)


def _spend(runs: GraphRuns, usd: float, reserved: float = 0) -> None:
    row = {
        "scope": day_scope(datetime.now(UTC)),
        "settled_nano_usd": round(usd * 1e9),
        "reserved_nano_usd": round(reserved * 1e9),
    }
    with runs.store() as store, store.database.write() as connection:
        connection.execute(sa.insert(budget).values(row))


def test_without_spending_it_is_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    found = check(runs.cell(), "budget_left")
    assert found.passed
    assert (text(found, "spent_usd"), text(found, "budget_usd")) == ("0.0", "20.0")


@pytest.mark.parametrize(("usd", "reserved", "passed"), [(12, 3.9, True), (12, 4, False)])
def test_it_warns_when_spent_and_reserved_reach_four_fifths(
    runs: GraphRuns,
    usd: float,
    reserved: float,
    passed: bool,  # noqa: FBT001 - a parameter
) -> None:
    runs.load(HCPCS)
    _spend(runs, usd, reserved)
    found = check(runs.cell(), "budget_left")
    assert found.passed is passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert text(found, "used_share") == str((usd + reserved) / 20)


def test_a_run_that_the_days_budget_stopped_is_an_error_with_the_remedy(
    runs: GraphRuns, claude: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_BUDGET_USD_PER_DAY", "0.000001")
    runs.load(HCPCS)
    with pytest.raises(dg.Failure, match="FACETS_BUDGET_USD_PER_DAY") as caught:
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"})
    assert not caught.value.allow_retries
    found = latest_check(runs.instance, "budget_left")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert "raise FACETS_BUDGET_USD_PER_DAY" in (found.description or "")
    assert claude.admin.account()["paid_calls"] == 0


def test_a_run_that_ends_at_its_own_budget_did_as_it_was_told(
    runs: GraphRuns, claude: RunningServer
) -> None:
    runs.load(HCPCS)
    with pytest.raises(dg.Failure, match="--budget-usd"):
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE", "budget_usd": 0.000001})
    found = latest_check(runs.instance, "budget_left")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert claude.admin.account()["paid_calls"] == 0
