"""Kill -9 of a run worker, of everything, of the command line: all heals by itself, unpaid."""

import os
import signal
from collections import Counter
from collections.abc import Generator

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.dead_runs import PROCESS_TAG
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster
from facets_pipeline_tests.daemon.dagster_page import FINISHED_BACKFILLS, FINISHED_RUNS
from facets_pipeline_tests.daemon.drug_codes import SYSTEM, drug_answers, write_codes

pytestmark = pytest.mark.daemon

CODES = 200
ANSWER_SECONDS = 0.8
"""Long enough for a kill to come between two answers."""
HELD_SECONDS = 20.0
"""Long enough for a run to be found and killed."""


@pytest.fixture(scope="module")
def server() -> Generator[RunningServer]:
    """A server that takes its time."""
    with running_server(latency_seconds=ANSWER_SECONDS) as started:
        started.admin.answer_with(drug_answers(CODES))
        yield started


@pytest.fixture(scope="module")
def dagster(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Generator[DagsterDev]:
    """A `dagster dev` with codes loaded, which are asked one by one."""
    folder = tmp_path_factory.mktemp("kills")
    environment = {**server.environment, "FACETS_CODES_PER_REQUEST": "1"}
    with running_dagster(folder, environment) as started:
        source = write_codes(folder / "codes.csv", CODES)
        started.facets("load", str(source), "--code-system", SYSTEM)
        yield started


def _paid(server: RunningServer) -> Counter[str]:
    return Counter(server.admin.account()["paid_codes"])


def _unfinished(dagster: DagsterDev) -> list[str]:
    runs = [run for run in dagster.runs() if run["status"] not in FINISHED_RUNS]
    return [f"{run['jobName']} {run['status']}" for run in runs]


def _wait_for_work(dagster: DagsterDev, server: RunningServer, codes: int) -> None:
    """Wait until so many codes more are paid for than there were."""
    wanted = _paid(server).total() + codes
    dagster.wait_until(lambda: _paid(server).total() >= wanted, look=0.1, what=f"{codes} answers")


def _wait_for_green(dagster: DagsterDev, cells: int) -> None:
    """Wait until so many partitions are materialised and no run is left."""
    dagster.wait_until(
        lambda: (
            dagster.partitions("llm_facets")["numMaterialized"] >= cells
            and not _unfinished(dagster)
        ),
        seconds=180,
        what=f"{cells} green partitions",
    )


def _check_paid_once(dagster: DagsterDev, server: RunningServer) -> None:
    """Check that nothing is held, and that only calls in flight at a kill were paid again."""
    server.admin.wait_until_idle()
    with (
        Store.open(str(dagster.folder / ".facets" / "facets.db")) as store,
        store.database.read() as connection,
    ):
        states = Counter(connection.execute(sa.select(call.c.state)).scalars())
    assert set(states) <= {"answered", "in_doubt", "given_back"}
    twice = sum(times - 1 for times in _paid(server).values())
    assert twice <= states["in_doubt"], states


def test_a_killed_worker_is_replaced(dagster: DagsterDev, server: RunningServer) -> None:
    # Later replies are held back: on a busy machine the run would end before it is found.
    server.admin.plan(Fault("slow", after=2, seconds=HELD_SECONDS))
    run_id = dagster.launch("materialize_llm_facets", partition="HCPCS|07")
    _wait_for_work(dagster, server, 2)
    (run,) = [run for run in dagster.runs() if run["runId"] == run_id]
    _, _, pid, _ = run["tags"][PROCESS_TAG].split(":")
    os.kill(int(pid), signal.SIGKILL)
    server.admin.clear_faults()
    _wait_for_green(dagster, 1)
    assert [each["status"] for each in dagster.runs(runIds=[run_id])] == ["FAILURE"]
    _check_paid_once(dagster, server)


def test_everything_is_killed_and_a_backfill_goes_on(
    dagster: DagsterDev, server: RunningServer
) -> None:
    backfill = dagster.backfill("llm_facets", [f"HCPCS|{chunk:02d}" for chunk in range(10, 14)])
    _wait_for_work(dagster, server, 4)
    dagster.kill()
    dagster.wait_until(lambda: not dagster.processes(), what="the end of its processes")
    dagster.start()
    _wait_for_green(dagster, 5)
    dagster.wait_until(lambda: dagster.backfill_status(backfill) in FINISHED_BACKFILLS)
    assert dagster.backfill_status(backfill) == "COMPLETED_SUCCESS"
    _check_paid_once(dagster, server)


def test_a_killed_command_leaves_no_run_behind(dagster: DagsterDev, server: RunningServer) -> None:
    process = dagster.terminal.start("generate", "--code-system", "HCPCS", "--yes")
    _wait_for_work(dagster, server, 5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert "fill_ledger STARTED" in _unfinished(dagster)
    dagster.wait_until(lambda: not _unfinished(dagster), what="the end of the dead run")
    assert [run["status"] for run in dagster.runs(pipelineName="fill_ledger")] == ["FAILURE"]
    # Nobody repeats what a person did at the terminal.
    paid = _paid(server)
    dagster.facets("generate", "--code-system", "HCPCS", "--yes")
    assert _paid(server).total() > paid.total()
    assert len(_paid(server)) == CODES
    _wait_for_green(dagster, 32)
    _check_paid_once(dagster, server)
