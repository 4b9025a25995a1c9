"""Runs of processes that died are ended, and no others."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline.adapters.store.owners import process_start
from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.dead_runs import (
    FIRST_STEP_SECONDS,
    NO_RETRY_TAG,
    PROCESS_TAG,
    dead_runs,
    fail_runs_of_dead_processes,
    process_tag,
)

LAUNCHED = {".dagster/grpc_info": "{}"}


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    """An instance on disk: only there has a run a time at which it started."""
    return dg.DagsterInstance.local_temp(str(tmp_path))


def _add(instance: dg.DagsterInstance, name: str, tags: dict[str, str]) -> str:
    run_id = f"{name:-<36}"
    started = dg.DagsterRunStatus.STARTED
    instance.add_run(dg.DagsterRun("job", run_id=run_id, tags=tags, status=started))
    return run_id


def _tag(run: str, *, host: str = "", pid: int = 0, started: str = "") -> dict[str, str]:
    ours = process_tag(f"{run:-<36}")[PROCESS_TAG].split(":")
    stated = (ours[0], host or ours[1], str(pid or ours[2]), started or ours[3])
    return {PROCESS_TAG: ":".join(stated)}


def _failed(instance: dg.DagsterInstance) -> set[str]:
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])
    return {run.run_id.rstrip("-") for run in instance.get_runs(wanted)}


def _dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        return process.pid


def test_only_runs_of_dead_processes_are_failed(instance: dg.DagsterInstance) -> None:
    dead = _dead_pid()
    _add(instance, "dead", _tag("dead", pid=dead, started="1"))
    _add(instance, "number-given-anew", _tag("number-given-anew", pid=os.getpid(), started="1"))
    _add(instance, "alive", _tag("alive"))
    _add(instance, "repeated", _tag("dead", pid=dead, started="1"))
    _add(instance, "elsewhere", _tag("elsewhere", host="another", pid=dead, started="1"))
    _add(instance, "not-ours", {})
    assert fail_runs_of_dead_processes(instance) == 2
    assert _failed(instance) == {"dead", "number-given-anew"}
    assert fail_runs_of_dead_processes(instance) == 0


def test_a_worker_that_died_before_it_said_who_it_is_is_found_as_well(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, tags in {"launched": LAUNCHED, "in-a-container": {}}.items():
        run = dg.DagsterRun("job", run_id=f"{name:-<36}", tags=tags)
        instance.add_run(run)
        instance.report_dagster_event(
            dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "job"), run_id=run.run_id
        )
    assert fail_runs_of_dead_processes(instance) == 0
    monkeypatch.setattr("facets_pipeline.defs.dead_runs.FIRST_STEP_SECONDS", -FIRST_STEP_SECONDS)
    assert fail_runs_of_dead_processes(instance) == 1
    assert _failed(instance) == {"launched"}


def test_a_run_whose_launcher_died_before_it_was_at_work_is_found(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as gone:
        for name, server in {"listening": listening, "gone": gone}.items():
            server.bind(str(tmp_path / name))
        listening.listen()
        gone.close()
        for name in ("listening", "gone", "on-another-host"):
            tags = {".dagster/grpc_info": json.dumps({"socket": str(tmp_path / name)})}
            starting = dg.DagsterRunStatus.STARTING
            run = dg.DagsterRun("job", run_id=f"{name:-<36}", tags=tags, status=starting)
            instance.add_run(run)
        assert fail_runs_of_dead_processes(instance) == 1
    assert _failed(instance) == {"gone"}


def test_every_run_says_whose_it_is(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_DATA_DIR", str(tmp_path / "data"))
    job = build_defs().resolve_job_def("materialize_validated_facets")
    done = job.execute_in_process(instance=instance, partition_key="CPT", raise_on_error=False)
    run = instance.get_run_by_id(done.run_id)
    assert run is not None
    pid = os.getpid()
    assert run.tags[PROCESS_TAG].startswith(f"{done.run_id}:")
    assert run.tags[PROCESS_TAG].endswith(f":{pid}:{process_start(pid)}")


def test_the_sensor_ends_dead_runs_and_says_so(instance: dg.DagsterInstance) -> None:
    _add(instance, "dead", _tag("dead", pid=_dead_pid(), started="1") | NO_RETRY_TAG)
    found: list[str | None] = []
    for _ in range(2):
        with dg.build_sensor_context(instance=instance) as context:
            answer = dead_runs(context)
        assert isinstance(answer, dg.SkipReason)
        found.append(answer.skip_message)
    assert found == ["Runs of dead processes: 1.", "No run is dead."]
