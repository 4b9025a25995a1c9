"""Runs whose process died: which they are, and the sensor that ends them. Free, so it runs.

A run says by a tag which process it belongs to. Where that process no longer lives, nobody will
ever finish the run, and until somebody says so it holds its place in the queue. Processes of other
hosts are not judged: each host looks after its own.
"""

import json
import os
import socket
import time
from pathlib import Path
from typing import Final

import dagster as dg

from facets_pipeline.adapters.store.owners import process_start

LOOK_SECONDS: Final = 30
"""How often the sensor looks: the longest that a dead run holds its place in the queue."""

PROCESS_TAG: Final = "facets/process"
"""Run, host, process and when that started. The run, since one that is repeated inherits tags."""

NO_RETRY_TAG: Final = {"dagster/max_retries": "0"}
"""For runs that a person waits for: they are repeated by that person."""

FIRST_STEP_SECONDS: Final = 180
"""How long a worker may take from its start to its first step; it takes a tenth of a second."""

_LAUNCHER_TAG: Final = ".dagster/grpc_info"
"""Runs that were launched into a process of the code server, not into a container."""

_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def process_tag(run_id: str) -> dict[str, str]:
    """Return the tag of a run that this process executes."""
    pid = os.getpid()
    return {PROCESS_TAG: f"{run_id}:{socket.gethostname()}:{pid}:{process_start(pid)}"}


def say_whose(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Tag a run with this process, unless it says whose it is already."""
    if _process_of(run) is None:
        instance.add_run_tags(run.run_id, process_tag(run.run_id))


def fail_runs_of_dead_processes(instance: dg.DagsterInstance) -> int:
    """Mark the unfinished runs of processes that no longer live as failed; return how many."""
    found = instance.get_run_records(filters=dg.RunsFilter(statuses=_UNFINISHED))
    dead = [record.dagster_run for record in found if _is_dead(instance, record)]
    for run in dead:
        instance.report_run_failed(run, "Its process ended without finishing it.")
    return len(dead)


@dg.sensor(
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs as failed whose process was killed, so that they hold no place in the "
    "queue; they are retried once. Runs by default: it is free.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End the runs of dead processes of this host."""
    failed = fail_runs_of_dead_processes(context.instance)
    return dg.SkipReason(f"Runs of dead processes: {failed}." if failed else "No run is dead.")


def _process_of(run: dg.DagsterRun) -> tuple[str, int, str] | None:
    """Return host, process and its start as the run states them, or None if it does not."""
    run_id, *process = run.tags.get(PROCESS_TAG, "").split(":")
    if run_id != run.run_id:
        return None
    host, pid, started = process
    return host, int(pid), started


def _is_dead(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    run = record.dagster_run
    process = _process_of(run)
    if process is None:
        if run.status is dg.DagsterRunStatus.STARTING:
            return _was_launched_by_a_dead_server(run)
        return _never_came_to_its_first_step(instance, record)
    host, pid, started = process
    return host == socket.gethostname() and process_start(pid) != started


def _was_launched_by_a_dead_server(run: dg.DagsterRun) -> bool:
    # Nobody listens any more at an address that is a file of this host. A worker that was on its
    # way nevertheless finds its run ended, and ends as well.
    address = json.loads(run.tags.get(_LAUNCHER_TAG, "{}")).get("socket")
    if not address or not Path(address).is_socket():
        return False
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(address)
        except OSError as error:
            # Anything else, as a missing permission, says nothing.
            return isinstance(error, ConnectionRefusedError)
    return False


def _never_came_to_its_first_step(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    # Killed in the moment between a run's start and its tag.
    run = record.dagster_run
    if run.status is not dg.DagsterRunStatus.STARTED or _LAUNCHER_TAG not in run.tags:
        return False
    if record.start_time is None or time.time() - record.start_time < FIRST_STEP_SECONDS:
        return False
    steps = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.STEP_START, limit=1
    )
    return not steps.records
