"""The image and the compose file: linted, and every file, volume and command they name is there."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
import yaml

from facets_pipeline_tests.house.source_tree import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("facets:")]
NAME = re.compile(r"^([\w.-]+)(?:\[[\w, -]+\])?==(\S+)", re.MULTILINE)


def test_the_dockerfile_has_no_fault_that_the_linter_knows() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_a_number_that_is_not_root_and_copies_what_is_there() -> None:
    text = DOCKERFILE.read_text("utf-8")
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes -r requirements-runtime.lock" in text
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert len(sources) >= 6
    assert [source for source in sources if not (ROOT / source).exists()] == []
    let_in = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert {f"!{source}" for source in sources} <= set(let_in)


def test_what_the_image_installs_is_hashed_and_a_part_of_what_is_tested() -> None:
    runtime = (ROOT / "requirements-runtime.lock").read_text("utf-8")
    assert "://" not in runtime
    tested = dict(NAME.findall((ROOT / "requirements.lock").read_text("utf-8")))
    installed = dict(NAME.findall(runtime))
    assert installed.items() <= tested.items()
    assert {"dagster", "dagster-aws", "dagster-k8s", "psycopg", "setuptools"} <= installed.keys()
    assert not {"pytest", "moto", "pyright", "ruff"} & installed.keys()
    blocks = re.split(r"\n(?=\S)", runtime.strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    return service.get("environment", {})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_and_mounts_what_the_file_defines(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    for mount in service.get("volumes", []):
        source = mount.rsplit(":/", 1)[0]
        if source.startswith("./"):
            assert (DEPLOY / source).exists()
        elif not source.startswith("$"):
            assert source in COMPOSE["volumes"]
    for waited, how in service.get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            role = environment_of(SERVICES[waited]).get("FACETS_ROLE")
            assert role or "test" in SERVICES[waited]["healthcheck"]


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_writes_nowhere_else_and_holds_no_password(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")
    for key, value in environment_of(service).items():
        if "PASSWORD" in key or key.endswith("KEY"):
            assert re.fullmatch(r"\$\{\w+:[?-].*\}", value), key
        if key == "FACETS_DATABASE_URL":
            assert re.match(r"postgresql://\w+@", value), "no password in an address"


def test_env_example_names_every_variable_that_must_be_set() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required
    example = (DEPLOY / "env.example").read_text("utf-8")
    assert required <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert not [line for line in example.splitlines() if re.match(r"\w+(PASSWORD|KEY)=.", line)]


def test_the_search_is_given_the_role_that_reads_alone() -> None:
    search = environment_of(SERVICES["search"])
    assert "facets_reader@" in search["FACETS_DATABASE_URL"]
    assert "READER" in search["PGPASSWORD"]
    assert "ANTHROPIC_API_KEY" not in search


def test_the_instance_of_one_machine_opens_and_limits_what_runs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_DATA_DIR", str(tmp_path))
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    home = DEPLOY / "instance" / "compose"
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.get_runs_count() == 0
        limits = instance.get_concurrency_config().run_queue_config
        assert limits is not None
        assert limits.max_concurrent_runs == 4


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1)])
def test_a_container_is_healthy_while_its_page_says_so(status: int, expected: int) -> None:
    handler = cast("type[_Answer]", type("Answer", (_Answer,), {"status": status}))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = checked("search", FACETS_HEALTH_URL=f"http://127.0.0.1:{server.server_port}/health")
        server.shutdown()
    assert done.returncode == expected
    assert bool(done.stderr) == bool(expected)


def test_a_container_whose_role_nobody_said_is_not_healthy() -> None:
    done = checked("")
    assert done.returncode == 1
    assert "set it to one of code, daemon, search, webserver" in done.stderr


def checked(role: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the shipped check as a container's health check is run."""
    return subprocess.run(
        [sys.executable, "deploy/docker/health.py"],
        cwd=ROOT,
        env={"FACETS_ROLE": role, "PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
