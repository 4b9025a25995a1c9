"""Run one `facets` command as a task on ECS, follow it, and end with its exit code.

    python deploy/ecs/run_task.py --stack facets -- generate --code-system HCPCS --yes

What the command says is printed as CloudWatch gets it. Exit codes 0, 1 and 2 are the command's own
(as in its help); 3: the task did not start, or was stopped before the command ended; 4: it still
runs after --timeout-minutes; 130: Ctrl-C (the task runs on, unless --stop is given). Needs boto3
and the stack of facets.yaml; what may be paid for is decided by the command's own budget.
"""
# ruff: noqa: INP001 - a script, not a package

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

Client: TypeAlias = Any
"""Of boto3, which says nothing of its types."""

CONTAINER = "facets"
NOT_STARTED = 3
STILL_RUNNING = 4
INTERRUPTED = 130
PARTS = ("Cluster", "CommandTask", "SubnetIds", "SecurityGroup", "AssignPublicIp", "RunLogs")
LONGEST_COMMAND = 8000
"""Characters; ECS takes 8,192 for all that is overridden."""


def client(service: str) -> Client:
    """Return a client of an AWS service, by the environment's region and credentials."""
    return cast("Client", boto3).client(service)


def stop_with(code: int, sentence: str) -> NoReturn:
    """End this script with `code`, after saying why."""
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)


@dataclass(slots=True)
class Log:
    """What the task has printed; lines are told once, in order."""

    client: Client
    group: str
    stream: str
    token: str = ""

    def tell(self) -> None:
        """Print what came since the last call; nothing before the stream exists."""
        while True:
            at = {"nextToken": self.token} if self.token else {}
            try:
                page = self.client.get_log_events(
                    logGroupName=self.group, logStreamName=self.stream, startFromHead=True, **at
                )
            except self.client.exceptions.ResourceNotFoundException:
                return
            for event in page["events"]:
                sys.stdout.write(f"{event['message']}\n")
            sys.stdout.flush()
            # The end of what is there gives the same token again.
            if page["nextForwardToken"] == self.token:
                return
            self.token = page["nextForwardToken"]


def stack_parts(name: str) -> dict[str, str]:
    """Return what the stack says of itself, by name.

    Raises:
        SystemExit: It is no stack of facets.yaml.
    """
    stack: dict[str, Any] = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    parts = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if missing := [part for part in PARTS if part not in parts]:
        stop_with(
            NOT_STARTED,
            f"The stack {name!r} does not say its {', '.join(missing)}: name the stack that was "
            "made from facets.yaml.",
        )
    return parts


def start(ecs: Client, parts: dict[str, str], command: list[str]) -> str:
    """Start the task and return its ARN.

    Raises:
        SystemExit: ECS did not start it.
    """
    answer = ecs.run_task(
        cluster=parts["Cluster"],
        taskDefinition=parts["CommandTask"],
        launchType="FARGATE",
        count=1,
        startedBy="run_task.py",
        propagateTags="TASK_DEFINITION",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": parts["SubnetIds"].split(","),
                "securityGroups": [parts["SecurityGroup"]],
                "assignPublicIp": parts["AssignPublicIp"],
            }
        },
        overrides={"containerOverrides": [{"name": CONTAINER, "command": command}]},
    )
    if not answer["tasks"]:
        reasons = "; ".join(str(each.get("reason")) for each in answer.get("failures", []))
        stop_with(NOT_STARTED, f"ECS did not start the task: {reasons or 'it gave no reason'}.")
    return answer["tasks"][0]["taskArn"]


def ended(task: dict[str, Any]) -> int | None:
    """Return the exit code of a task that has stopped, or None while it is at work."""
    if task["lastStatus"] != "STOPPED":
        return None
    codes = {each["name"]: each.get("exitCode") for each in task.get("containers", [])}
    code = codes.get(CONTAINER)
    if code is None:
        why = [task.get("stoppedReason"), *(each.get("reason") for each in task["containers"])]
        told = "; ".join(str(each) for each in why if each)
        stop_with(NOT_STARTED, f"The command was not run to its end: {told or 'no reason given'}.")
    return int(code)


def follow(ecs: Client, parts: dict[str, str], arn: str, options: argparse.Namespace) -> int:
    """Print what the task says until it has stopped; return its exit code."""
    # awslogs names a stream by prefix, container and task; the template says "command".
    stream = f"command/{CONTAINER}/{arn.rpartition('/')[2]}"
    log = Log(client("logs"), parts["RunLogs"], stream)
    until = time.monotonic() + options.timeout_minutes * 60
    while True:
        # The list is empty for a second or two after the start: not yet known everywhere.
        tasks = ecs.describe_tasks(cluster=parts["Cluster"], tasks=[arn])["tasks"]
        # What it said last comes after the look that finds it stopped.
        log.tell()
        code = ended(tasks[0]) if tasks else None
        if code is not None:
            return code
        if time.monotonic() >= until:
            stop_with(STILL_RUNNING, f"The task still runs after {options.timeout_minutes:g} min.")
        time.sleep(options.look_seconds)


def options_of(arguments: list[str]) -> argparse.Namespace:
    """Return what was asked for; `command` is what `facets` is to do."""
    parser = argparse.ArgumentParser(
        description="Run one facets command on ECS and end with its exit code."
    )
    parser.add_argument("--stack", required=True, help="stack made from facets.yaml")
    parser.add_argument("--timeout-minutes", type=float, default=24 * 60, metavar="N")
    parser.add_argument("--look-seconds", type=float, default=5.0, metavar="N")
    parser.add_argument("--stop", action="store_true", help="stop the task on Ctrl-C")
    parser.add_argument("command", nargs="+", help="after --: what facets is to do")
    options = parser.parse_args(arguments)
    if sum(len(word) + 4 for word in options.command) > LONGEST_COMMAND:
        parser.error(f"the command is longer than {LONGEST_COMMAND} characters: ECS refuses it")
    return options


def main() -> None:
    """Start, follow, and end as the command ended."""
    options = options_of(sys.argv[1:])
    arn = ""
    try:
        ecs = client("ecs")
        parts = stack_parts(options.stack)
        arn = start(ecs, parts, options.command)
        sys.stderr.write(f"Started {arn}\n")
        try:
            code = follow(ecs, parts, arn, options)
        except KeyboardInterrupt:
            if options.stop:
                ecs.stop_task(cluster=parts["Cluster"], task=arn, reason="stopped by run_task.py")
            told = "is being stopped" if options.stop else "runs on"
            stop_with(INTERRUPTED, f"The task {told}: {arn}")
    except (BotoCoreError, ClientError) as error:
        where = f"; the task may run on: {arn}" if arn else ""
        stop_with(NOT_STARTED, f"AWS refused or could not be reached ({error}){where}.")
    sys.exit(code)


if __name__ == "__main__":
    main()
