"""The CloudFormation templates: no fault, no secret, no right that is not needed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from facets_pipeline_tests.deploy.cloudformation import template
from facets_pipeline_tests.house.source_tree import ROOT

FOLDER = ROOT / "deploy" / "ecs"
WHOLE = template(FOLDER / "facets.yaml")
RESOURCES: dict[str, Any] = WHOLE["Resources"]
SECRET_PARAMETERS = {"WriterUrlSecretArn", "ReaderUrlSecretArn", "AnthropicKeySecretArn"}
WITHOUT_RESOURCE = {"ecs:DescribeTaskDefinition", "ec2:DescribeNetworkInterfaces"}
"""Actions that know no resource to which they could be limited."""

EXPECTED_SECRETS = {
    "RunTask": {"WriterUrlSecretArn", "AnthropicKeySecretArn"},
    "CommandTask": {"WriterUrlSecretArn", "AnthropicKeySecretArn"},
    "CodeTask": {"WriterUrlSecretArn", "AnthropicKeySecretArn"},
    "DaemonTask": {"WriterUrlSecretArn"},
    "WebserverTask": {"WriterUrlSecretArn"},
    "SearchTask": {"ReaderUrlSecretArn"},
}


def of_type(kind: str) -> dict[str, Any]:
    """Return the properties of every resource of a type, by name."""
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a role allows."""
    return [
        statement
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a template says one or several
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


@pytest.mark.parametrize("name", ["facets.yaml", "database.yaml"])
def test_a_template_has_no_fault_that_the_linter_knows(name: str) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, FOLDER / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_parameters_json_gives_what_the_template_asks_for_and_no_secret() -> None:
    given = json.loads((FOLDER / "parameters.json").read_text("utf-8"))
    named = {each["ParameterKey"]: each["ParameterValue"] for each in given}
    stated = WHOLE["Parameters"]
    assert named.keys() <= stated.keys()
    assert {name for name, each in stated.items() if "Default" not in each} <= named.keys()
    assert all(named[name].startswith("arn:") for name in SECRET_PARAMETERS)


@pytest.mark.parametrize("name", EXPECTED_SECRETS)
def test_a_task_gets_the_secrets_that_it_needs_from_a_role_that_reads_no_other(name: str) -> None:
    task = of_type("AWS::ECS::TaskDefinition")[name]
    [container] = task["ContainerDefinitions"]
    named = {secret["ValueFrom"]["Ref"] for secret in container["Secrets"]}
    assert named == EXPECTED_SECRETS[name]
    role = of_type("AWS::IAM::Role")[task["ExecutionRoleArn"]["Fn::GetAtt"][0]]
    [allowed] = statements(role)
    assert as_list(allowed["Action"]) == ["secretsmanager:GetSecretValue"]
    assert {each["Ref"] for each in as_list(allowed["Resource"])} == named


def test_every_task_definition_is_listed_above() -> None:
    assert of_type("AWS::ECS::TaskDefinition").keys() == EXPECTED_SECRETS.keys()


def test_what_is_allowed_on_everything_cannot_be_limited() -> None:
    found: set[str] = set()
    for role in of_type("AWS::IAM::Role").values():
        for statement in statements(role):
            assert not any("*" in action for action in as_list(statement["Action"]))
            if "*" in as_list(statement["Resource"]):
                found |= set(as_list(statement["Action"]))
    assert found == WITHOUT_RESOURCE


def test_runs_and_code_may_do_nothing_in_aws() -> None:
    tasks = of_type("AWS::ECS::TaskDefinition")
    roles = {name: task["TaskRoleArn"]["Fn::GetAtt"][0] for name, task in tasks.items()}
    assert {name for name, role in roles.items() if role == "LaunchRole"} == {
        "DaemonTask",
        "WebserverTask",
    }
    assert statements(of_type("AWS::IAM::Role")["NoRights"]) == []


def test_services_check_their_health_and_never_are_there_two_daemons() -> None:
    tasks = of_type("AWS::ECS::TaskDefinition")
    services = of_type("AWS::ECS::Service")
    assert len(services) == 4
    for service in services.values():
        [container] = tasks[service["TaskDefinition"]["Ref"]]["ContainerDefinitions"]
        assert container["HealthCheck"]["Command"] == ["CMD", "python", "/opt/facets/health.py"]
        # With a capacity provider the launcher of runs cannot take over how its task was started.
        assert service["LaunchType"] == "FARGATE"
    assert services["DaemonService"]["DeploymentConfiguration"]["MaximumPercent"] == 100


def test_the_instance_file_and_the_template_say_the_same_of_a_run() -> None:
    home = ROOT / "deploy" / "instance" / "ecs" / "dagster.yaml"
    launcher = yaml.safe_load(home.read_text("utf-8"))["run_launcher"]["config"]
    run = of_type("AWS::ECS::TaskDefinition")["RunTask"]
    assert launcher["run_resources"] == {"cpu": run["Cpu"], "memory": run["Memory"]}
    assert launcher["container_name"] == run["ContainerDefinitions"][0]["Name"]
    assert launcher["secrets_tag"] is None
    named = launcher["task_definition"]["env"]
    for name in ("DaemonTask", "WebserverTask"):
        [container] = of_type("AWS::ECS::TaskDefinition")[name]["ContainerDefinitions"]
        assert named in {each["Name"] for each in container["Environment"]}


def test_everything_that_can_be_tagged_is_and_logs_do_not_stay_for_ever() -> None:
    untagged = {
        name
        for name, resource in RESOURCES.items()
        if "Tags" not in resource["Properties"]
        and resource["Type"] != "AWS::EC2::SecurityGroupIngress"
    }
    assert untagged == set()
    groups = of_type("AWS::Logs::LogGroup")
    assert [name for name, group in groups.items() if "RetentionInDays" not in group] == []
