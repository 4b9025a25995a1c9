"""Dagster on ECS with the shipped instance file: a run is launched, watched, stopped."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._daemon.monitoring import run_monitoring

from facets_pipeline.definitions import defs
from facets_pipeline_tests.deploy.conftest import SECRETS, LocalAws, canary
from facets_pipeline_tests.house.source_tree import ROOT

HOME = ROOT / "deploy" / "instance" / "ecs"
SERVICES = ("run", "command", "code", "daemon", "webserver", "search")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def daemon_task(local_aws: LocalAws) -> Generator[str]:
    """Start a task as the daemon's, and serve what ECS tells the programs in it; its ARN."""
    network = {
        "subnets": local_aws.outputs["SubnetIds"].split(","),
        "securityGroups": [local_aws.outputs["SecurityGroup"]],
    }
    started = local_aws.client("ecs").run_task(
        cluster=local_aws.outputs["Cluster"],
        taskDefinition="facets-daemon",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )
    arn = started["tasks"][0]["taskArn"]
    told = {"/": {"Name": "daemon"}, "/task": {"TaskARN": arn}}
    told["/task"]["Cluster"] = local_aws.outputs["Cluster"]

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told[self.path or "/"]).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ECS_CONTAINER_METADATA_URI_V4", f"http://127.0.0.1:{server.server_port}")
            yield arn
        server.shutdown()


@pytest.fixture
def instance(
    local_aws: LocalAws, daemon_task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[dg.DagsterInstance]:
    """The instance of the shipped file, as the daemon's container opens it."""
    del daemon_task
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FACETS_RUN_TASK_DEFINITION", local_aws.outputs["RunTask"])
    monkeypatch.setenv("FACETS_DATA_DIR", str(tmp_path))
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with dg.DagsterInstance.from_config(str(HOME)) as opened:
        yield opened


def launched(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Launch a run of a job that needs nothing, as the daemon takes it from the queue."""
    pointer = ModuleCodePointer("facets_pipeline.definitions", "defs", str(ROOT))
    repository = RepositoryPythonOrigin(
        sys.executable,
        pointer,
        container_image=None,
        entry_point=["dagster"],
        container_context=None,
    )
    run = instance.create_run_for_job(
        defs.resolve_job_def("ingest_batches"),
        job_code_origin=JobPythonOrigin("ingest_batches", repository),
    )
    return instance.launch_run(run.run_id, cast("Any", None))


def looked_after(instance: dg.DagsterInstance) -> None:
    """Let the daemon look once at every unfinished run."""

    class Context:
        def __init__(self) -> None:
            self.instance = instance

        def create_request_context(self) -> None:
            """Return nothing: only a resumed run would need it, and none is resumed here."""

    look = cast("Any", run_monitoring).execute_run_monitoring_iteration
    errors = list(look(Context(), logging.getLogger("monitoring")))
    assert errors == [None] * len(errors)


def state_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def test_a_run_is_a_task_of_the_stated_size_beside_the_daemon_and_without_a_secret(
    instance: dg.DagsterInstance, local_aws: LocalAws, daemon_task: str
) -> None:
    run = launched(instance)
    daemon, task = local_aws.tasks()[-2:]
    assert daemon["taskArn"] == daemon_task
    assert state_of(instance, run).tags["ecs/task_arn"] == task["taskArn"]
    assert task["taskDefinitionArn"] == local_aws.outputs["RunTask"]
    overrides = task["overrides"]
    assert (overrides["cpu"], overrides["memory"]) == ("1024", "2048")
    [container] = overrides["containerOverrides"]
    assert container["name"] == "run"
    assert container["command"][:3] == ["dagster", "api", "execute_run"]
    assert task["launchType"] == daemon["launchType"] == "FARGATE"
    where = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    assert where["subnetId"] == local_aws.outputs["SubnetIds"]
    tags = {tag["key"]: tag["value"] for tag in task["tags"]}
    assert tags["dagster/run_id"] == run.run_id
    assert tags["project"] == "facets"
    assert "canary" not in json.dumps(task, default=str)


def test_a_run_whose_task_died_is_marked_as_failed_with_the_reason(
    instance: dg.DagsterInstance, local_aws: LocalAws
) -> None:
    run = launched(instance)
    arn = local_aws.tasks()[-1]["taskArn"]
    instance.report_dagster_event(
        dg.DagsterEvent("PIPELINE_START", "ingest_batches", message="at work"), run.run_id
    )
    looked_after(instance)
    assert state_of(instance, run).status is dg.DagsterRunStatus.STARTED
    local_aws.end(arn, 137, "OutOfMemoryError: container killed")
    looked_after(instance)
    assert state_of(instance, run).status is dg.DagsterRunStatus.FAILURE
    messages = " ".join(event.message for event in instance.all_logs(run.run_id))
    assert "OutOfMemoryError" in messages


def test_a_run_is_stopped_with_its_task(instance: dg.DagsterInstance, local_aws: LocalAws) -> None:
    run = launched(instance)
    health = instance.run_launcher.check_run_worker_health(state_of(instance, run))
    assert health.status is WorkerStatus.RUNNING
    assert instance.run_launcher.terminate(run.run_id)
    assert local_aws.tasks()[-1]["lastStatus"] == "STOPPED"
    assert state_of(instance, run).status is dg.DagsterRunStatus.CANCELING


def test_the_command_of_a_task_does_the_run_with_what_its_definition_gives(
    instance: dg.DagsterInstance, local_aws: LocalAws, tmp_path: Path
) -> None:
    run = launched(instance)
    task = local_aws.tasks()[-1]
    [container] = definition(local_aws, "run")["containerDefinitions"]
    given = {each["name"]: each["value"] for each in container["environment"]}
    assert {each["name"] for each in container["secrets"]} == {
        "FACETS_DATABASE_URL",
        "ANTHROPIC_API_KEY",
    }
    # A container has the image's paths; here the same files are in the project's folder.
    given["DAGSTER_HOME"] = str(HOME)
    environment = {
        **given,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FACETS_DATA_DIR": str(tmp_path),
        "FACETS_DATABASE_URL": str(tmp_path / "facets.db"),
        "PYTHONPATH": str(ROOT),
    }
    command = task["overrides"]["containerOverrides"][0]["command"]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert state_of(instance, run).status is dg.DagsterRunStatus.SUCCESS


def definition(aws: LocalAws, role: str) -> dict[str, Any]:
    """Return the task definition of a role, as ECS keeps it."""
    ecs = aws.client("ecs")
    return ecs.describe_task_definition(taskDefinition=f"facets-{role}")["taskDefinition"]


@pytest.mark.parametrize("role", SERVICES)
def test_a_task_definition_names_secrets_and_holds_none(local_aws: LocalAws, role: str) -> None:
    found = definition(local_aws, role)
    told = json.dumps(found, default=str)
    assert not [name for name in SECRETS if canary(name) in told]
    [container] = found["containerDefinitions"]
    for secret in container["secrets"]:
        assert secret["valueFrom"].startswith("arn:aws:secretsmanager:")
    plain = {each["name"] for each in container.get("environment", [])}
    assert not plain & {"FACETS_DATABASE_URL", "DATABASE_URL", "ANTHROPIC_API_KEY", "PGPASSWORD"}


@pytest.mark.parametrize("role", SERVICES)
def test_a_task_definition_is_one_for_fargate_that_says_its_size_and_logs(
    local_aws: LocalAws, role: str
) -> None:
    found = definition(local_aws, role)
    assert found["networkMode"] == "awsvpc"
    assert found["requiresCompatibilities"] == ["FARGATE"]
    [container] = found["containerDefinitions"]
    assert (str(container["cpu"]), str(container["memory"])) == (found["cpu"], found["memory"])
    assert container["logConfiguration"]["options"]["awslogs-group"].startswith("/ecs/facets/")
