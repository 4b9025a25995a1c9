"""Processes under measurement: workers that start together, and commands with their memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from facets_pipeline_tests.bench.worker import Task

REPOSITORY: Final = Path(__file__).resolve().parents[2]
LOOK_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 900.0

_OURS: Final = ("FACETS_", "ANTHROPIC_", "DAGSTER_", "DATABASE_URL")


class BenchError(Exception):
    """A measure came to no result; the message says why."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.

    Attributes:
        seconds: From its start to its end.
        peak_mb: Memory of its largest process; 0 where the system does not tell.
        output: What it printed.
    """

    seconds: float
    peak_mb: float
    output: str


class Worker:
    """A process that asks Claude; it waits for `go`."""

    def __init__(self, task: Task) -> None:
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "facets_pipeline_tests.bench.worker", json.dumps(asdict(task))],
            cwd=REPOSITORY,
            env=environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._started = started
        self.start_up_seconds = 0.0

    def wait_until_ready(self) -> None:
        """Return once it has opened the store."""
        self._line()
        self.start_up_seconds = time.monotonic() - self._started

    def go(self) -> None:
        """Let it ask."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """Return what it did, once it has ended.

        Raises:
            BenchError: It failed.
        """
        result = self._line()
        self._process.communicate()
        if "error" in result:
            raise BenchError(str(result["error"]))
        return result

    def end(self) -> None:
        """End it if it is still there."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"A process ended early, with {self._process.wait()}.")
        return json.loads(line)


def environment(added: Mapping[str, str]) -> dict[str, str]:
    """Return this process's variables without the user's own settings, and with what is added."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, **added}


def run_measured(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Finished:
    """Run a command in `folder` and watch its memory and that of its children.

    Raises:
        BenchError: It failed, or took too long; the message ends with what it printed.
    """
    log = folder / "output.log"
    peak = 0.0
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(variables), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, *(_peak_mb(one) for one in _family(process.pid)))
            if time.monotonic() - started > LONGEST_SECONDS:
                process.kill()
            time.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - started
    printed = log.read_text("utf-8", errors="replace")
    if process.returncode != 0:
        last = " ".join(printed.split())[-300:]
        raise BenchError(f"{' '.join(command[-4:])} ended with {process.returncode}: {last}")
    return Finished(seconds, peak, printed)


def _family(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in children.read_text().split() for one in _family(int(child))]
        except OSError:
            continue  # it has just ended
    return found


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0  # it has just ended, or this system has no such file
    return max((int(line.split()[1]) / 1024 for line in lines if "VmHWM" in line), default=0.0)
