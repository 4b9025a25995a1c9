"""Which process a run belongs to, so that the runs of dead processes can be told apart."""

import os
import socket
from collections.abc import Mapping

import dagster as dg

from facets_pipeline.adapters.store.owners import process_start

RUN_TAG = "facets/run"
HOST_TAG = "facets/host"
PID_TAG = "facets/pid"
STARTED_TAG = "facets/process_started"

_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def process_tags(run_id: str) -> Mapping[str, str]:
    """Return the tags that tell which process the run `run_id` belongs to."""
    return {
        RUN_TAG: run_id,
        HOST_TAG: socket.gethostname(),
        PID_TAG: str(os.getpid()),
        STARTED_TAG: process_start(os.getpid()),
    }


def fail_runs_of_dead_processes(instance: dg.DagsterInstance) -> int:
    """Mark the unfinished runs of processes that no longer live as failed; return how many."""
    dead = [
        run
        for run in instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED))
        if _is_dead(run)
    ]
    for run in dead:
        instance.report_run_failed(run, "Its process ended without finishing it.")
    return len(dead)


def _is_dead(run: dg.DagsterRun) -> bool:
    # A run that the UI repeats inherits the tags of the first one, but not its process.
    if run.tags.get(RUN_TAG) != run.run_id or run.tags.get(HOST_TAG) != socket.gethostname():
        return False
    return process_start(int(run.tags[PID_TAG])) != run.tags.get(STARTED_TAG)
