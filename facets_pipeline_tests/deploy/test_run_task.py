"""`deploy/ecs/run_task.py`: ends as the command on ECS ended, and says what it said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from facets_pipeline_tests.deploy.conftest import STACK, LocalAws
from facets_pipeline_tests.house.source_tree import ROOT

SECONDS = 60

Script = subprocess.Popen[str]
Start = Callable[..., Script]


@pytest.fixture
def start(local_aws: LocalAws) -> Generator[Start]:
    """Start the script as a process that knows the local AWS alone."""
    begun: list[Script] = []

    def starting(*words: str) -> Script:
        process = subprocess.Popen(
            [sys.executable, "deploy/ecs/run_task.py", "--look-seconds", "0.1", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **local_aws.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield starting
    for process in begun:
        process.kill()
        process.communicate()


def new_task(aws: LocalAws, process: Script, before: int) -> dict[str, Any]:
    """Wait until the script has started its task and return it."""
    until = time.monotonic() + SECONDS
    while len(aws.tasks()) == before:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "no task was started"
        time.sleep(0.05)
    return aws.tasks()[-1]


def say(aws: LocalAws, task: dict[str, Any], *lines: str) -> None:
    """Let the task print lines, as the log driver sends them."""
    logs = aws.client("logs")
    name = f"command/facets/{task['taskArn'].rpartition('/')[2]}"
    at = {"logGroupName": aws.outputs["RunLogs"], "logStreamName": name}
    logs.create_log_stream(**at)
    now = int(time.time() * 1000)
    logs.put_log_events(**at, logEvents=[{"timestamp": now, "message": line} for line in lines])


def test_the_command_is_run_followed_and_its_exit_code_is_the_scripts(
    local_aws: LocalAws, start: Start
) -> None:
    before = len(local_aws.tasks())
    process = start("--stack", STACK, "--", "generate", "--code-system", "HCPCS", "--yes")
    task = new_task(local_aws, process, before)
    assert task["taskDefinitionArn"] == local_aws.outputs["CommandTask"]
    assert task["launchType"] == "FARGATE"
    assert task["overrides"]["containerOverrides"] == [
        {"name": "facets", "command": ["generate", "--code-system", "HCPCS", "--yes"]}
    ]
    say(local_aws, task, "8,642 codes", "1 in review")
    local_aws.end(task["taskArn"], 1)
    told, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert told == "8,642 codes\n1 in review\n"


def test_success_is_success(local_aws: LocalAws, start: Start) -> None:
    before = len(local_aws.tasks())
    process = start("--stack", STACK, "status")
    local_aws.end(new_task(local_aws, process, before)["taskArn"], 0)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_a_task_whose_command_never_ran_is_no_success(local_aws: LocalAws, start: Start) -> None:
    before = len(local_aws.tasks())
    process = start("--stack", STACK, "status")
    task = new_task(local_aws, process, before)
    local_aws.end(task["taskArn"], None, "CannotPullContainerError: no such image")
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 3
    assert "CannotPullContainerError" in told


def test_what_still_runs_after_the_given_time_is_told_apart(
    local_aws: LocalAws, start: Start
) -> None:
    process = start("--stack", STACK, "--timeout-minutes", "0", "status")
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 4
    assert "still runs" in told
    assert local_aws.tasks()[-1]["lastStatus"] == "RUNNING"


def test_ctrl_c_stops_the_task_where_that_was_asked_for(local_aws: LocalAws, start: Start) -> None:
    before = len(local_aws.tasks())
    process = start("--stack", STACK, "--stop", "status")
    task = new_task(local_aws, process, before)
    assert process.stderr is not None
    assert process.stderr.readline() == f"Started {task['taskArn']}\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert local_aws.tasks()[-1]["lastStatus"] == "STOPPED"


def test_a_stack_that_is_not_there_starts_nothing(local_aws: LocalAws, start: Start) -> None:
    before = len(local_aws.tasks())
    process = start("--stack", "elsewhere", "status")
    _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 3
    assert "elsewhere" in told
    assert len(local_aws.tasks()) == before
