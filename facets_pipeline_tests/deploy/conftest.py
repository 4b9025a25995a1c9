"""A local AWS with the shipped stack in it, for the tests of ECS: moto's server in this process."""

import json
import logging
import sys
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.ecs.models import ecs_backends
from moto.moto_api import state_manager
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from facets_pipeline_tests.deploy.cloudformation import creatable, template
from facets_pipeline_tests.house.source_tree import ROOT

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACK = "facets"
TEMPLATE = ROOT / "deploy" / "ecs" / "facets.yaml"
SECRETS = ("WriterUrlSecretArn", "ReaderUrlSecretArn", "AnthropicKeySecretArn")


def canary(name: str) -> str:
    """Return the text that a secret holds: found anywhere else, it has leaked."""
    return f"canary-{name}"


@dataclass(frozen=True, slots=True)
class LocalAws:
    """An AWS of this machine in which the stack was created.

    Attributes:
        address: Where its server listens.
        outputs: What the stack says of itself.
    """

    address: str
    outputs: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process to it, and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of one of its services."""
        return client(self.address, service)

    def tasks(self) -> list[dict[str, Any]]:
        """Return every task of the cluster, in the order of their start."""
        kept = ecs_backends[ACCOUNT][REGION].tasks.get(self.outputs["Cluster"], {})
        if not kept:
            return []
        found = self.client("ecs").describe_tasks(
            cluster=self.outputs["Cluster"], tasks=list(kept), include=["TAGS"]
        )
        return found["tasks"]

    def end(self, arn: str, exit_code: int | None, reason: str = "") -> None:
        """Let a task stop as ECS reports it: with its command's exit code, or without one."""
        task = ecs_backends[ACCOUNT][REGION].tasks[self.outputs["Cluster"]][arn]
        for container in task.containers:
            container.exitCode = exit_code  # type: ignore[assignment]
        task.stopped_reason = reason
        task.last_status = "STOPPED"


def client(address: str, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return a client of a service of the AWS at `address`."""
    made: Any = boto3.client(  # pyright: ignore[reportCallIssue, reportUnknownVariableType]
        service,  # pyright: ignore[reportArgumentType]
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - no secret: the local server asks for some text
    )
    return made  # pyright: ignore[reportUnknownVariableType]


@pytest.fixture(scope="session")
def local_aws() -> Generator[LocalAws]:
    """The stack of facets.yaml in a local AWS, without the kinds that moto cannot create."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    # Else a task ends by itself after being looked at a few times.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": sys.maxsize})
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield LocalAws(address, _created(address))
    finally:
        server.stop()
        state_manager.unset_transition("ecs::task")


def _created(address: str) -> dict[str, str]:
    ec2 = client(address, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    secrets = client(address, "secretsmanager")
    given = {"Image": "example/facets:1", "VpcId": vpc, "SubnetIds": subnet}
    for name in SECRETS:
        given[name] = secrets.create_secret(Name=name, SecretString=canary(name))["ARN"]
    stacks = client(address, "cloudformation")
    stacks.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(creatable(template(TEMPLATE))),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = stacks.describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return {**outputs, "RunTask": _registered_whole(address)["facets-run"]}


def _registered_whole(address: str) -> dict[str, str]:
    """Register the task definitions with what moto leaves out of a stack's; ARNs by family."""
    ecs = client(address, "ecs")
    made = client(address, "cloudformation").list_stack_resources(StackName=STACK)
    roles = {
        each["LogicalResourceId"]: f"arn:aws:iam::{ACCOUNT}:role/{each['PhysicalResourceId']}"
        for each in made["StackResourceSummaries"]
        if each.get("ResourceType") == "AWS::IAM::Role"
    }
    arns: dict[str, str] = {}
    for resource in template(TEMPLATE)["Resources"].values():
        if resource["Type"] != "AWS::ECS::TaskDefinition":
            continue
        stated = resource["Properties"]
        family = stated["Family"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
        kept = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        # boto3 refuses what the API does not know, and values of a wrong type.
        whole = ecs.register_task_definition(
            family=family,
            requiresCompatibilities=stated["RequiresCompatibilities"],
            networkMode=stated["NetworkMode"],
            cpu=stated["Cpu"],
            memory=stated["Memory"],
            executionRoleArn=roles[stated["ExecutionRoleArn"]["Fn::GetAtt"][0]],
            taskRoleArn=roles[stated["TaskRoleArn"]["Fn::GetAtt"][0]],
            containerDefinitions=kept["containerDefinitions"],
        )
        arns[family] = whole["taskDefinition"]["taskDefinitionArn"]
    return arns
