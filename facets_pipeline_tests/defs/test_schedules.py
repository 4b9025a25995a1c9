"""The schedules: a tick launches exactly what is pending, capped, and says why it does not."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.errors import AnnotatorError, BudgetError
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.defs.graph_runs import CELL, HCPCS, GraphRuns

# Dagster warns of the tags that it sets itself for partitions with two dimensions.
pytestmark = pytest.mark.filterwarnings("ignore:Non-compliant tag keys:DeprecationWarning")

NEW = next(
    code
    for number in range(200, 900)
    if f"HCPCS|{chunk_of(code := f'E{number:04}')}" == CELL and code not in HCPCS
)
"""A code of the partition in which `G0008` stands."""

CELLS = {f"HCPCS|{chunk_of(code)}" for code in HCPCS}


@pytest.fixture
def runs(data_folder: Path, tmp_path: Path) -> Generator[GraphRuns]:
    """The graph on an instance that has a place, as schedules need one."""
    place = tmp_path / "instance"
    place.mkdir()
    quiet = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(place), overrides=quiet) as instance:
        yield GraphRuns(data_folder, instance)


@pytest.fixture
def key(runs: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, so that Claude would answer; nobody is asked."""
    del runs
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a key")


@pytest.fixture
def server(runs: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> Generator[RunningServer]:
    """A local API that the settings name."""
    del runs
    with running_server() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick came to: the runs that it launches, or why it launches none."""

    requests: list[dg.RunRequest]
    skipped: str


def _tick(runs: GraphRuns, name: str = "pending_nightly") -> Tick:
    """Evaluate a schedule as the daemon would."""
    repository = build_defs().get_repository_def()
    with dg.build_schedule_context(
        instance=runs.instance, repository_def=repository, resources=build_defs().resources
    ) as context:
        found = repository.get_schedule_def(name).evaluate_tick(context)
    return Tick(list(found.run_requests or []), found.skip_message or "")


def _launched(tick: Tick) -> dict[str, Mapping[str, Any]]:
    """Return the partitions that a tick launches, with the configuration of their step."""
    found: dict[str, Mapping[str, Any]] = {}
    for request in tick.requests:
        assert request.partition_key is not None
        assert request.tags["dagster/max_retries"] == "0"
        found[request.partition_key] = request.run_config.get("ops", {})
    return found


def test_both_schedules_are_off_until_a_person_turns_them_on() -> None:
    for schedule in build_defs().schedules or []:
        assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
        assert schedule.description


def test_a_tick_launches_exactly_the_partitions_with_pending_codes(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert set(_launched(_tick(runs))) == CELLS
    runs.fill()
    skipped = _tick(runs)
    assert skipped == Tick([], "Nothing is pending. CPT: no source.")


def test_a_green_partition_with_a_new_code_is_launched_and_no_other(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.load({**HCPCS, NEW: "A chair that is new"})
    assert set(_launched(_tick(runs))) == {CELL}
    runs.cell()
    assert _launched(_tick(runs)) == {}


def test_another_recipe_makes_every_partition_pending_though_none_was_chosen_yet(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.load(HCPCS)
    runs.fill()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a key")
    assert set(_launched(_tick(runs))) == CELLS


def test_partitions_that_still_run_are_not_launched_again(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.instance.create_run_for_job(
        build_defs().resolve_job_def("materialize_llm_facets"),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": CELL},
    )
    assert set(_launched(_tick(runs))) == CELLS - {CELL}


def test_nothing_is_launched_while_one_run_asks_everything(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    job = build_defs().resolve_job_def("refresh_pending")
    run = runs.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    tick = _tick(runs)
    assert tick.requests == []
    assert run.run_id in tick.skipped


def test_with_no_source_the_tick_is_skipped_and_says_how(runs: GraphRuns) -> None:
    tick = _tick(runs)
    assert tick.requests == []
    assert "facets load FILE" in tick.skipped


@pytest.mark.usefixtures("key")
def test_what_a_tick_may_spend_is_shared_out_by_pending_codes(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_SCHEDULE_BUDGET_USD", "2")
    many = [code for n in range(900) if f"HCPCS|{chunk_of(code := f'J{n:04}')}" == CELL][:12]
    runs.load({**HCPCS, **dict.fromkeys(many, "A drug")})
    asked = _launched(_tick(runs))
    budgets = {key: ops["llm_facets"]["config"]["budget_usd"] for key, ops in asked.items()}
    assert set(budgets) == CELLS
    assert 1.9 < sum(budgets.values()) <= 2
    assert max(budgets, key=lambda key: budgets[key]) == CELL


@pytest.mark.usefixtures("key")
def test_where_the_budget_is_not_enough_for_all_some_partitions_wait(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.load(HCPCS)
    monkeypatch.setenv("FACETS_SCHEDULE_BUDGET_USD", "0.06")
    asked = _launched(_tick(runs))
    assert 0 < len(asked) < len(CELLS)
    monkeypatch.setenv("FACETS_SCHEDULE_BUDGET_USD", "0.000001")
    with pytest.raises(dg.DagsterError) as failed:
        _tick(runs)
    assert isinstance(failed.value.__cause__, BudgetError)
    assert "FACETS_SCHEDULE_BUDGET_USD" in str(failed.value.__cause__)


def test_a_tick_that_cannot_tell_who_answers_fails_with_the_remedy(
    runs: GraphRuns, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.load(HCPCS)
    runs.materialize("llm_facets", CELL)
    assert server.admin.account()["paid_calls"] > 0
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    with pytest.raises(dg.DagsterError) as failed:
        _tick(runs)
    assert isinstance(failed.value.__cause__, AnnotatorError)
    assert "ANTHROPIC_API_KEY" in str(failed.value.__cause__)


def test_codes_in_a_live_batch_are_left_to_it(runs: GraphRuns, server: RunningServer) -> None:
    runs.load(HCPCS)
    job = build_defs().resolve_job_def("fill_ledger")
    config = {"code_systems": ["HCPCS"], "mode": "BATCHES", "wait": False}
    job.execute_in_process({"ops": {"fill_pending": {"config": config}}}, instance=runs.instance)
    assert server.admin.batches()
    assert _launched(_tick(runs)) == {}


def test_a_launched_partition_spends_within_its_share_and_is_not_launched_again(
    runs: GraphRuns, server: RunningServer
) -> None:
    runs.load(HCPCS)
    for key, ops in _launched(_tick(runs)).items():
        runs.materialize("llm_facets", key, ops["llm_facets"]["config"])
    assert 0 < server.admin.cost_usd() < 5
    assert _launched(_tick(runs)) == {}


def test_a_quarter_without_a_configured_source_is_skipped_and_says_how(runs: GraphRuns) -> None:
    tick = _tick(runs, "quarterly_release")
    assert tick.requests == []
    assert "FACETS_HCPCS_SOURCE" in tick.skipped


def test_a_quarter_loads_the_newest_release_of_the_folder_and_asks_what_is_new(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs.folder.parent / "releases"
    folder.mkdir()
    monkeypatch.setenv("FACETS_HCPCS_SOURCE", str(folder))
    runs.codes_file(HCPCS, "releases/codes_2026_01.csv")
    assert _quarter(runs)["HCPCS_answered"] == len(HCPCS)
    runs.codes_file({**HCPCS, NEW: "A chair that is new"}, "releases/codes_2026_04.csv")
    assert _quarter(runs)["HCPCS_answered"] == 1
    shown = runs.instance.fetch_materializations(dg.AssetKey("raw_codes"), limit=1).records
    assert shown[0].partition_key == "HCPCS"
    assert shown[0].asset_materialization is not None
    assert shown[0].asset_materialization.metadata["release"].value == "2026-04"


def test_a_release_that_cannot_be_loaded_asks_nothing(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.load(HCPCS)
    gone = runs.folder.parent / "gone"
    monkeypatch.setenv("FACETS_HCPCS_SOURCE", str(gone))
    with pytest.raises(dg.Failure, match="gone"):
        _quarter(runs)
    with runs.store() as store:
        assert store.figures.costs() == ()


def _quarter(runs: GraphRuns) -> dict[str, object]:
    """Run what a tick of the quarterly schedule launches; return what asking said."""
    (request,) = _tick(runs, "quarterly_release").requests
    job = build_defs().resolve_job_def("load_newest_release")
    result = job.execute_in_process(request.run_config, instance=runs.instance)
    (output,) = [
        event
        for event in result.all_events
        if event.is_successful_output and event.step_key == "fill_pending"
    ]
    return {name: entry.value for name, entry in output.step_output_data.metadata.items()}
