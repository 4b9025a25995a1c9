"""A real `dagster dev` (web page, daemon, code location) in a folder of its own, for tests.

What a person does on the page is in `dagster_page`. No test belongs here.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from facets_pipeline_tests.cli.commands import Folder, own_environment
from facets_pipeline_tests.daemon import queries
from facets_pipeline_tests.daemon.dagster_page import DagsterPage
from facets_pipeline_tests.house.source_tree import ROOT

START_SECONDS = 90
"""The longest that the three processes may take until the page answers."""
LOOK_SECONDS = 1.0
"""How long to wait before asking the page again: to answer, it needs the processor that the runs
need as well."""


class OverdueError(AssertionError):
    """Something did not happen in time; the log of `dagster dev` says more."""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(slots=True)
class DagsterDev(DagsterPage):
    """One `dagster dev`; it may be killed and started again on the same state.

    Attributes:
        folder: Its working folder; the data folder is `.facets` in it.
        environment: Variables that it gets besides those that every process needs.
        port: Where the page listens.
        project: Whose workspace and instance file it takes.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    project: Path = ROOT
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the processes print, over all starts."""
        return self.folder / "dagster-dev.log"

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own."""
        assert self._process is not None
        return self._process.pid

    def variables(self) -> dict[str, str]:
        """Return the whole environment of the processes."""
        return {**own_environment(), "DAGSTER_DISABLE_TELEMETRY": "1", **self.environment}

    @property
    def terminal(self) -> Folder:
        """A terminal in the same folder, with the same settings."""
        return Folder(self.folder, self.variables())

    def facets(self, *arguments: str) -> None:
        """Run `facets` in the folder, which must succeed."""
        process = self.terminal.start(*arguments)
        _, said = process.communicate()
        assert process.returncode == 0, said

    def start(self) -> None:
        """Start it, and wait until the page and the daemon are there."""
        for name in ("workspace.yaml", "dagster.yaml"):
            (self.folder / name).write_bytes((self.project / name).read_bytes())
        home = subprocess.run(
            [sys.executable, "-m", "facets_pipeline.cli.instance"],
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        dagster = str(Path(sys.executable).with_name("dagster"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [dagster, "dev", "-w", "workspace.yaml", "-p", str(self.port), "-h", "127.0.0.1"],
                cwd=self.folder,
                env={**self.variables(), "DAGSTER_HOME": home},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until(self.is_ready, seconds=START_SECONDS, what="the page and the daemon")

    def is_ready(self) -> bool:
        """Tell whether the page answers, the location is loaded and the daemon lives."""
        try:
            found = self.ask(queries.READY)
        except httpx2.HTTPError:
            return False
        locations = found["workspaceOrError"].get("locationEntries", [])
        loaded = bool(locations) and all(
            entry["loadStatus"] == "LOADED" and "name" in (entry["locationOrLoadError"] or {})
            for entry in locations
        )
        health = found["instance"]["daemonHealth"]["allDaemonStatuses"]
        return loaded and all(each["healthy"] for each in health if each["required"])

    def kill(self) -> None:
        """Kill -9 the whole group: page, daemon, code server and every run worker."""
        if self._process is None:
            return
        for group in {self._process.pid, *self._worker_groups()}:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._process = None

    def processes(self) -> dict[int, str]:
        """Return the living processes that work in the folder: pid to command line."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if (entry / "cwd").resolve() == self.folder.resolve():
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = b" ".join(words).decode(errors="replace").strip()
            except OSError:
                continue
        return found

    def _worker_groups(self) -> set[int]:
        groups: set[int] = set()
        for pid in self.processes():
            try:
                groups.add(os.getpgid(pid))
            except ProcessLookupError:
                continue
        return groups - {os.getpgid(0)}

    def wait_until(
        self,
        holds: Callable[[], object],
        *,
        seconds: float = 120,
        look: float = LOOK_SECONDS,
        what: str = "it",
    ) -> None:
        """Look again and again until `holds()` is true.

        Raises:
            OverdueError: It was not within `seconds`.
        """
        ends = time.monotonic() + seconds
        while not holds():
            if self._process is not None and self._process.poll() is not None:
                raise OverdueError(f"dagster dev ended while waiting for {what}:\n{self.tail()}")
            if time.monotonic() > ends:
                raise OverdueError(f"Waited {seconds} s for {what}:\n{self.tail()}")
            time.sleep(look)

    def tail(self, lines: int = 40) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def running_dagster(
    folder: Path, environment: Mapping[str, str] | None = None, project: Path = ROOT
) -> Generator[DagsterDev]:
    """Run `dagster dev` in `folder` for as long as the context lasts; nothing of it stays alive."""
    dagster = DagsterDev(folder, dict(environment or {}), project=project)
    try:
        dagster.start()
        yield dagster
    finally:
        dagster.kill()
