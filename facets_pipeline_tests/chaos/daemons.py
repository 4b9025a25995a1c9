"""Faults by kill -9 with the daemon: of run workers, and of everything; all heals by itself."""

import os
import signal
from typing import Any, Final

from facets_pipeline.defs.dead_runs import PROCESS_TAG
from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.chaos.stage import CODES, Stage
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster
from facets_pipeline_tests.daemon.dagster_page import FINISHED_BACKFILLS, FINISHED_RUNS

AT_A_TIME: Final = 4
"""Partitions of one backfill."""

HEALS_WITHIN_SECONDS: Final = 420.0


def killed(stage: Stage) -> Line:
    """Kill a run worker, then everything, in each of some backfills, which end by themselves."""
    line = stage.line("kill -9, dagster dev")
    with stage.scene(CODES) as scene:
        # Dagster's processes keep sockets and folders there, which a killed one leaves.
        environment = {**scene.environment, "FACETS_CODES_PER_REQUEST": "1"}
        environment.pop("TMPDIR")
        with running_dagster(scene.folder, environment) as dagster:
            for first in range(0, stage.rounds * AT_A_TIME, AT_A_TIME):
                cells = [f"HCPCS|{chunk:02d}" for chunk in range(first, first + AT_A_TIME)]
                _one_backfill(scene, dagster, line, cells)
        stage.finish(scene, line)
    return line


def _one_backfill(scene: Scene, dagster: DagsterDev, line: Line, cells: list[str]) -> None:
    backfill = dagster.backfill("llm_facets", cells)
    for number in range(2):
        dagster.wait_until(
            lambda: _working(dagster) or dagster.backfill_status(backfill) in FINISHED_BACKFILLS,
            seconds=HEALS_WITHIN_SECONDS,
            what="a run at work",
        )
        line.tried += 1
        if number == 0:
            line.kills += _kill_worker(scene, dagster)
        else:
            line.kills += _kill_everything(scene, dagster)
    dagster.wait_until(
        lambda: (
            not _unfinished(dagster) and dagster.backfill_status(backfill) in FINISHED_BACKFILLS
        ),
        seconds=HEALS_WITHIN_SECONDS,
        what="the end of a backfill",
    )


def _kill_worker(scene: Scene, dagster: DagsterDev) -> int:
    for pid in _working(dagster):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        scene.dead.append(pid)
        return 1
    return 0


def _kill_everything(scene: Scene, dagster: DagsterDev) -> int:
    pids = list(dagster.processes())
    dagster.kill()
    scene.dead += pids
    dagster.wait_until(lambda: not dagster.processes(), what="the end of its processes")
    dagster.start()
    return len(pids)


def _working(dagster: DagsterDev) -> list[int]:
    tags = [run["tags"].get(PROCESS_TAG) for run in dagster.runs() if run["status"] == "STARTED"]
    return [int(tag.split(":")[2]) for tag in tags if tag]


def _unfinished(dagster: DagsterDev) -> list[dict[str, Any]]:
    return [run for run in dagster.runs() if run["status"] not in FINISHED_RUNS]
