"""Processes that run the command line and may be killed at any instant.

A warm one is forked from a process that has imported everything, so that hundreds can be afforded:
it then calls the same `main` as the command does, with the same arguments, environment and folder.
A cold one is the installed command itself, imports included.
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Protocol

from facets_pipeline_tests.chaos import worlds
from facets_pipeline_tests.chaos.marks import Marks
from facets_pipeline_tests.cli.commands import COMMAND

_WARM: Final = multiprocessing.get_context("forkserver")
# All that the command imports when it comes to it.
_WARM.set_forkserver_preload(
    [
        __name__,
        "facets_pipeline.cli.app",
        "facets_pipeline.cli.runs",
        "facets_pipeline.cli.forecast",
        "facets_pipeline.cli.summary",
        "facets_pipeline.adapters.loading",
        "facets_pipeline.adapters.store.migrations.runner",
        "facets_pipeline.defs.coverage_files",
    ]
)

LONGEST_SECONDS: Final = 180.0
"""After which a command counts as stuck."""

_LOOK_SECONDS: Final = 0.002
_PR_SET_PDEATHSIG: Final = 1


class StuckError(AssertionError):
    """A command did not come to its end."""


class Process(Protocol):
    """What warm and cold processes have in common."""

    @property
    def pid(self) -> int | None:
        """Its number."""
        ...

    def end_code(self) -> int | None:
        """Return how it ended, negative for a signal; None while it lives."""
        ...


class Life:
    """One command at work.

    Attributes:
        pid: Its process.
        marks: Where it is; those of a cold one stay at the start.
        log: What it prints.
    """

    def __init__(self, process: Process, marks: Marks, log: Path) -> None:
        assert process.pid is not None
        self._process = process
        self.pid: int = process.pid
        self.marks = marks
        self.log = log

    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return self._process.end_code() is not None

    def tell(self, number: int) -> bool:
        """Send it a signal; False if it has ended before."""
        if self.is_over():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> bool:
        """Kill it and wait until it is dead; tell whether it was this that ended it."""
        self.tell(signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def wait(self, seconds: float = LONGEST_SECONDS) -> int:
        """Return how it ended, negative for a signal.

        Raises:
            StuckError: It did not end in time; it is killed.
        """
        ends = time.monotonic() + seconds
        while (code := self._process.end_code()) is None:
            if time.monotonic() > ends:
                self.tell(signal.SIGKILL)
                raise StuckError(f"A command did not end within {seconds} s: {self.said()}")
            time.sleep(_LOOK_SECONDS)
        return code

    def wait_for(self, step: str, times: int, seconds: float) -> bool:
        """Return once it has entered a step so often; False if it ended, or took longer."""
        ends = time.monotonic() + seconds
        while self.marks.times(step) < times:
            if self.is_over() or time.monotonic() > ends:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def said(self) -> str:
        """Return the end of what it printed."""
        return self.log.read_text(errors="replace")[-1500:]


class _WarmProcess:
    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def end_code(self) -> int | None:
        return self._process.exitcode


class _ColdProcess:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def end_code(self) -> int | None:
        return self._process.poll()


def start_warm(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], files: Path
) -> Life:
    """Start a command in a forked process; how its files begin is `files`."""
    path, log = files.with_suffix(".marks"), files.with_suffix(".log")
    marks = Marks.fresh(path)
    process = _WARM.Process(
        target=_work, args=(arguments, str(folder), dict(environment), str(path), str(log))
    )
    process.daemon = True
    log.touch()
    process.start()
    return Life(_WarmProcess(process), marks, log)


def start_cold(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], files: Path
) -> Life:
    """Start the installed command; how its files begin is `files`."""
    log = files.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(COMMAND), *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Life(_ColdProcess(process), Marks.fresh(files.with_suffix(".marks")), log)


def _work(
    arguments: tuple[str, ...], folder: str, environment: dict[str, str], marks: str, log: str
) -> None:
    _die_with_parent()
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    Marks(Path(marks)).install()
    worlds.enter(environment)
    from facets_pipeline.cli.app import main  # noqa: PLC0415 - after the marks

    sys.argv = ["facets", *arguments]
    main()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
