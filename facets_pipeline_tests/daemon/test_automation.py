"""The real daemon: a tick launches exactly what is pending, though all is green; alerts come."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster
from facets_pipeline_tests.daemon.dagster_page import FINISHED_RUNS, LOCATION, selector
from facets_pipeline_tests.daemon.drug_codes import SYSTEM, drug_answers, drug_codes, write_codes
from facets_pipeline_tests.defs.alert_address import AlertAddress, alert_address
from facets_pipeline_tests.house.source_tree import ROOT

pytestmark = pytest.mark.daemon

BEFORE, AFTER = 40, 43
"""Codes of the first release, which are answered, and of the second."""

CELLS = {f"{SYSTEM}|{chunk_of(code)}" for code in drug_codes(AFTER)[BEFORE:]}
"""The partitions that the second release leaves with pending codes."""

WORKSPACE = f"""load_from:
  - python_module:
      module_name: facets_pipeline_tests.daemon.every_minute
      location_name: {LOCATION}
"""
TICKS = """
query Ticks($selector: ScheduleSelector!) {
  scheduleOrError(scheduleSelector: $selector) {
    ... on Schedule {
      scheduleState { ticks(limit: 50) { status skipReason runIds error { message } } }
    }
  }
}
"""


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    """The API."""
    with running_server() as started:
        started.admin.answer_with(drug_answers(AFTER))
        yield started


@pytest.fixture(scope="module")
def address() -> Generator[AlertAddress]:
    """Where failed runs are told."""
    with alert_address() as listening:
        yield listening


@pytest.fixture(scope="module")
def dagster(
    server: RunningServer, address: AlertAddress, tmp_path_factory: pytest.TempPathFactory
) -> Generator[DagsterDev]:
    """A `dagster dev` whose nightly schedule comes every minute; its partitions are all green."""
    folder = tmp_path_factory.mktemp("automation")
    root = tmp_path_factory.mktemp("root")
    (root / "workspace.yaml").write_text(WORKSPACE)
    (root / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    environment = {
        **server.environment,
        "PYTHONPATH": str(ROOT),
        "FACETS_ALERT_URL": address.url,
    }
    with running_dagster(folder, environment, root) as started:
        started.facets("load", _codes(folder, BEFORE), "--code-system", SYSTEM)
        started.facets("generate", "--yes", "--json")
        yield started


def _codes(folder: Path, count: int) -> str:
    return str(write_codes(folder / f"codes_{count}.csv", count))


def _ticks(dagster: DagsterDev) -> list[dict[str, Any]]:
    """Return the ticks of the schedule that have ended, oldest first."""
    chosen = selector("scheduleName", "pending_nightly")
    state = dagster.ask(TICKS, selector=chosen)["scheduleOrError"]["scheduleState"]
    return [tick for tick in reversed(state["ticks"]) if tick["status"] != "STARTED"]


def _launched(dagster: DagsterDev) -> list[dict[str, Any]]:
    found = dagster.runs(pipelineName="materialize_llm_facets")
    return [run for run in found if run["tags"].get("dagster/schedule_name") == "pending_nightly"]


def test_a_tick_asks_exactly_what_a_release_left_pending_in_green_partitions(
    dagster: DagsterDev, server: RunningServer
) -> None:
    assert dagster.partitions("llm_facets")["numMaterialized"] == len(CHUNKS)
    dagster.facets("load", _codes(dagster.folder, AFTER), "--code-system", SYSTEM)
    assert dagster.partitions("llm_facets")["numMaterialized"] == len(CHUNKS), "all are green"
    before = server.admin.account()
    dagster.start_schedule("pending_nightly")

    def all_is_asked() -> bool:
        runs = _launched(dagster)
        return bool(runs) and all(run["status"] in FINISHED_RUNS for run in runs)

    dagster.wait_until(all_is_asked, seconds=180, what="the runs of the first tick")
    asked = len(_ticks(dagster))
    dagster.wait_until(lambda: len(_ticks(dagster)) > asked, seconds=180, what="another tick")
    first, *others = _ticks(dagster)
    assert (first["status"], len(first["runIds"])) == ("SUCCESS", len(CELLS)), first
    assert others
    assert {tick["status"] for tick in others} == {"SKIPPED"}, others
    runs = _launched(dagster)
    assert sorted(run["tags"]["dagster/partition"] for run in runs) == sorted(CELLS)
    assert {run["status"] for run in runs} == {"SUCCESS"}
    account = server.admin.account()
    assert account["paid_calls"] - before["paid_calls"] == len(CELLS)
    assert account["paid_more_than_once"] == 0


def test_a_failed_run_is_told_to_the_address(dagster: DagsterDev, address: AlertAddress) -> None:
    # A sensor tells of what fails after its first look.
    dagster.wait_until(lambda: _looked(dagster), what="the first look of failure_alerts")
    run = dagster.launch("materialize_raw_codes", partition="CPT")
    dagster.wait_until(lambda: address.posted, seconds=180, what="the message")
    (posted,) = address.posted
    assert (posted["run_id"], posted["cell"]) == (run, "CPT")
    assert "facets load FILE --code-system CPT" in posted["sentence"]


LOOKS = """
query Looks($selector: SensorSelector!) {
  sensorOrError(sensorSelector: $selector) {
    ... on Sensor { sensorState { ticks(limit: 5) { status } } }
  }
}
"""


def _looked(dagster: DagsterDev) -> bool:
    state = dagster.ask(LOOKS, selector=selector("sensorName", "failure_alerts"))["sensorOrError"][
        "sensorState"
    ]
    return any(tick["status"] != "STARTED" for tick in state["ticks"])
