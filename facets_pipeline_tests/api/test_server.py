"""`facets serve` as a process: where it listens, how it ends, and what schemathesis says of it."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from facets_pipeline.api.server import is_local, names_of
from facets_pipeline_tests.api.conftest import Filled
from facets_pipeline_tests.api.contents import SEARCH, detail, fill_with_sample
from facets_pipeline_tests.api.serving import serving
from facets_pipeline_tests.cli.commands import COMMAND, own_environment

pytestmark = pytest.mark.cli


def listening_on(pid: int) -> set[str]:
    """Return the IPv4 addresses, in hexadecimal, on which a process listens."""
    inodes = {
        match.group(1)
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if (match := re.match(r"socket:\[(\d+)\]", str(link.readlink())))
    }
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]
    ]
    return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in inodes}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `facets serve` where it must fail."""
    command = [str(COMMAND), "serve", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_serves_this_machine_alone_and_ends_when_told(filled: Filled, tmp_path: Path) -> None:
    with serving(filled.url, tmp_path) as served:
        assert served.address.startswith("http://127.0.0.1:")
        page = httpx2.get(f"{served.address}{SEARCH}?procedure_category=evaluation&limit=5")
        assert len(page.json()["items"]) == 5
        assert httpx2.get(served.address).headers["content-type"].startswith("text/html")
        stranger = httpx2.get(f"{served.address}/health", headers={"Host": "evil.example"})
        assert stranger.status_code == 400
        if Path("/proc").is_dir():
            assert listening_on(served.pid) == {"0100007F"}
        assert "authentication" not in served.log.read_text("utf-8")
    assert "Traceback" not in served.log.read_text("utf-8")


def test_it_says_so_when_others_can_reach_it(filled: Filled, tmp_path: Path) -> None:
    with serving(filled.url, tmp_path, "--host", "0.0.0.0") as served:  # noqa: S104 - the point
        port = served.address.rpartition(":")[2]
        answer = httpx2.get(f"http://127.0.0.1:{port}/health", headers={"Host": "facets.example"})
        assert answer.status_code == 200
    assert "no authentication" in served.log.read_text("utf-8")


def test_schemathesis_finds_nothing(filled: Filled, tmp_path: Path) -> None:
    with serving(filled.url, tmp_path) as served:
        schemathesis = str(Path(sys.executable).with_name("schemathesis"))
        described = f"{served.address}/openapi.json"
        options = ("--seed", "11", "--max-examples", "25", "--no-color")
        tried = subprocess.run(
            [schemathesis, "run", described, *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert tried.returncode == 0, tried.stdout
    assert "No issues found" in tried.stdout
    assert "3 selected" in tried.stdout


def test_a_store_that_is_not_there_ends_it_with_a_sentence(tmp_path: Path) -> None:
    ended = run(tmp_path, "--db-url", f"sqlite:///{tmp_path / 'none.db'}")
    assert ended.returncode == 1
    assert "facets generate" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_store_of_the_demo_is_pointed_to(tmp_path: Path) -> None:
    demo = tmp_path / ".facets" / "demo" / "facets.db"
    demo.parent.mkdir(parents=True)
    demo.touch()
    ended = run(tmp_path)
    assert ended.returncode == 1
    assert f"--db-url {demo.relative_to(tmp_path)}" in ended.stderr


def test_a_port_that_is_taken_ends_it_with_a_sentence(filled: Filled, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run(tmp_path, "--db-url", filled.url, "--port", port)
    assert ended.returncode == 2
    assert f"port {port}" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_store_that_is_lost_is_told_in_a_sentence(tmp_path: Path) -> None:
    store = tmp_path / "facets.db"
    fill_with_sample(f"sqlite:///{store}")
    with serving(f"sqlite:///{store}", tmp_path) as served:
        store.write_bytes(b"no database at all" * 1000)
        answer = httpx2.get(f"{served.address}/health")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "cannot be used" in detail(answer)
    assert "Traceback" not in served.log.read_text("utf-8")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.7", False), ("x", False)],
)
def test_an_address_of_this_machine_answers_to_its_names_alone(host: str, *, local: bool) -> None:
    assert is_local(host) is local
    assert ("*" in names_of(host, [])) is not local
    assert "facets.example" in names_of(host, ["facets.example"])
    assert "*" not in names_of(host, ["facets.example"])
