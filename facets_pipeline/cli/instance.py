"""The Dagster instance of the command line: the same one that the UI uses."""

import os
import socket
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import dagster as dg
from filelock import FileLock

from facets_pipeline.domain.errors import StoreError
from facets_pipeline.settings import Settings

HOST_TAG = "facets/host"
PID_TAG = "facets/pid"
STARTED_TAG = "facets/process_started"

_UNFINISHED = [
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
]


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance; create it first where needed, one process at a time.

    Raises:
        StoreError: Its folder cannot be written.
    """
    folder = settings.instance_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{folder.name}.lock"):
            config = folder / "dagster.yaml"
            if not config.exists():
                config.write_text(_embedded_config(folder), encoding="utf-8")
            instance = dg.DagsterInstance.from_config(str(folder))
            # Asking creates what is created at the first use, while the lock is held.
            instance.get_runs_count()
            instance.get_latest_materialization_event(dg.AssetKey("raw_codes"))
    except OSError as error:
        raise StoreError(
            f"The folder {str(folder)!r} cannot be used for the Dagster instance "
            f"({error.strerror}): make it writable, or set FACETS_DATA_DIR to another folder."
        ) from error
    return instance


def _embedded_config(folder: Path) -> str:
    template = resources.files("facets_pipeline.cli").joinpath("instance.yaml")
    return template.read_text(encoding="utf-8").replace("BASE_DIR", str(folder.resolve()))


def process_tags() -> Mapping[str, str]:
    """Return the tags that tell which process a run belongs to."""
    return {
        HOST_TAG: socket.gethostname(),
        PID_TAG: str(os.getpid()),
        STARTED_TAG: _started(os.getpid()),
    }


def fail_runs_of_dead_processes(instance: dg.DagsterInstance) -> int:
    """Mark the unfinished runs of processes that no longer live as failed; return how many."""
    failed = 0
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED)):
        pid = run.tags.get(PID_TAG, "")
        if run.tags.get(HOST_TAG) != socket.gethostname() or not pid.isdigit():
            continue
        if _started(int(pid)) != run.tags.get(STARTED_TAG):
            instance.report_run_failed(run, "Its process ended without finishing it.")
            failed += 1
    return failed


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot, or "" if it does not live."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return _alive(pid)
    # The name, in parentheses, may hold blanks; the start time is the 20th field behind it.
    return stat.rpartition(")")[2].split()[19]


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
