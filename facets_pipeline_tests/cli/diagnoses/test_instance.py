"""The daemon that should be at work and is not, runs that hang, an instance elsewhere."""

import time
import uuid
from collections.abc import Generator
from datetime import timedelta

import dagster as dg
import pytest

# What a person's click or the daemon leaves in the instance has no public constructor.
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat

from facets_pipeline.cli.diagnoses import instance as looks
from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis
from facets_pipeline.cli.instance import open_instance
from facets_pipeline.settings import Settings
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.cli.diagnoses.looking import is_fault, looked

ANYTHING = timedelta(0)


@pytest.fixture
def opened(here: Here) -> Generator[dg.DagsterInstance]:
    """The instance that the settings name."""
    assert here.path.is_dir()
    with open_instance(Settings.load()) as instance:
        yield instance


def _found() -> dict[str, Diagnosis]:
    return looked(looks.instance)


def _repository() -> RemoteRepositoryOrigin:
    target = LoadableTargetOrigin(module_name="facets_pipeline.definitions")
    return RemoteRepositoryOrigin(InProcessCodeLocationOrigin(target), "__repository__")


def _turn_on(opened: dg.DagsterInstance, name: str) -> None:
    origin = RemoteInstigatorOrigin(_repository(), name)
    data = ScheduleInstigatorData("0 3 * * *", start_timestamp=time.time())
    state = InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, data)
    opened.add_instigator_state(state)


def _beat(opened: dg.DagsterInstance, seconds_ago: float) -> None:
    opened.add_daemon_heartbeat(DaemonHeartbeat(time.time() - seconds_ago, "SCHEDULER", None))


def _add_run(
    opened: dg.DagsterInstance, status: dg.DagsterRunStatus, mode: str = "MESSAGES"
) -> str:
    run = dg.DagsterRun(
        "fill_ledger",
        run_id=str(uuid.uuid4()),
        status=status,
        run_config={"ops": {"fill_pending": {"config": {"mode": mode}}}},
        remote_job_origin=RemoteJobOrigin(_repository(), "fill_ledger"),
    )
    opened.add_run(run)
    return run.run_id


def test_without_schedules_no_daemon_is_needed(opened: dg.DagsterInstance) -> None:
    assert opened.get_daemon_heartbeats() == {}
    assert {found.state for found in _found().values()} == {"ok"}


def test_a_schedule_without_a_living_daemon_is_a_fault(opened: dg.DagsterInstance) -> None:
    _turn_on(opened, "pending_nightly")
    assert is_fault(_found()["dagster daemon"], "pending_nightly", "never at work", "make dev")
    _beat(opened, seconds_ago=3 * 3600)
    assert is_fault(_found()["dagster daemon"], "not been at work for 3 hours")
    _beat(opened, seconds_ago=5)
    assert _found()["dagster daemon"].state == "ok"


def test_runs_that_wait_for_a_daemon_are_a_fault(
    opened: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_run(opened, dg.DagsterRunStatus.QUEUED)
    assert "dagster queue" not in _found()
    monkeypatch.setattr(looks, "QUEUED", ANYTHING)
    assert is_fault(_found()["dagster queue"], "wait in the queue", "dagster-daemon run")


def test_a_run_that_says_nothing_any_more_is_a_fault(
    opened: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _add_run(opened, dg.DagsterRunStatus.STARTED)
    assert "dagster run" not in _found()
    monkeypatch.setattr(looks, "SILENCE", ANYTHING)
    assert is_fault(_found()["dagster run"], run_id, "terminate it")


def test_a_run_that_waits_for_a_batch_may_be_silent_for_a_day(
    opened: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_run(opened, dg.DagsterRunStatus.STARTED, mode="BATCHES")
    monkeypatch.setattr(looks, "SILENCE", ANYTHING)
    assert "dagster run" not in _found()
    monkeypatch.setattr(looks, "BATCH_SILENCE", ANYTHING)
    assert is_fault(_found()["dagster run"])


def test_an_instance_elsewhere_is_told(here: Here) -> None:
    home = here.path / "elsewhere"
    home.mkdir()
    here.monkeypatch.setenv("DAGSTER_HOME", str(home))
    found = _found()["dagster home"]
    assert (found.state, str(home) in found.found) == ("note", True)
    assert "unset DAGSTER_HOME" in found.remedy
