"""Four runs at once on both stores: nothing is locked or lost, and the limit is kept."""

from pathlib import Path
from typing import Any

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server
from facets_pipeline_tests.claude_server.account import worst_window
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster
from facets_pipeline_tests.daemon.dagster_page import FINISHED_RUNS
from facets_pipeline_tests.daemon.drug_codes import SYSTEM, drug_answers, write_codes

CODES = 640
CELLS = [f"{SYSTEM}|{chunk:02d}" for chunk in range(4)]
RPM = 240
WINDOW_SECONDS = 5.0
MOST_IN_WINDOW = RPM * (WINDOW_SECONDS + 1) / 60
"""What the limit lets through in the window, with the second that it lets through at once."""

COMPLAINTS = ("database is locked", "deadlock", "OperationalError", "Traceback")
"""What no log may say."""


@pytest.mark.daemon
def test_four_runs_at_once_keep_every_code_and_the_limit(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    with running_server(rpm=RPM) as server:
        server.admin.answer_with(drug_answers(CODES))
        environment = {
            **server.environment,
            "FACETS_DATABASE_URL": database_url,
            "FACETS_CODES_PER_REQUEST": "1",
        }
        with running_dagster(folder, environment) as dagster:
            source = write_codes(folder / "codes.csv", CODES)
            dagster.facets("load", str(source), "--code-system", SYSTEM)
            runs = _run_at_once(dagster, server)
            log = dagster.log.read_text(errors="replace")
        account = server.admin.account()
        calls = server.admin.requests("messages")
    assert [run["status"] for run in runs] == ["SUCCESS"] * len(CELLS)
    assert [words for words in COMPLAINTS if words in log] == []
    assert _answered(database_url) == sum(account["paid_codes"].values()) > 4 * len(CELLS)
    assert account["paid_more_than_once"] == 0
    answered = [call["received_at"] for call in calls if call["status"] == 200]
    assert worst_window(answered, WINDOW_SECONDS) <= MOST_IN_WINDOW
    assert account["rate_limited"] <= len(CELLS), "the limit is learnt once, by all together"


def _run_at_once(dagster: DagsterDev, server: RunningServer) -> list[dict[str, Any]]:
    """Launch a run of each cell; hold all answers back until four runs are at work."""
    server.admin.plan(Fault("slow", seconds=5.0))
    started = [dagster.launch("materialize_llm_facets", partition=cell) for cell in CELLS]

    def statuses() -> list[str]:
        return [run["status"] for run in dagster.runs(runIds=started)]

    dagster.wait_until(lambda: statuses() == ["STARTED"] * len(CELLS), what="four runs at work")
    server.admin.clear_faults()
    dagster.wait_until(
        lambda: FINISHED_RUNS.issuperset(statuses()), seconds=240, what="the end of the runs"
    )
    return dagster.runs(runIds=started)


def _answered(database_url: str) -> int:
    """Return how many codes of the cells have an outcome; none may be left."""
    with Store.open(database_url) as store:
        cells = store.cells.of_system(SYSTEM, store.today())
    asked = [cell for chunk, cell in cells.items() if f"{SYSTEM}|{chunk}" in CELLS]
    assert [cell.pending for cell in asked] == [0] * len(CELLS)
    return sum(cell.answered for cell in asked)
