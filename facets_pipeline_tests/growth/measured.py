"""Commands under measurement: time, memory, and what they leave on the disk."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facets_pipeline_tests.cli.commands import own_environment
from facets_pipeline_tests.house.source_tree import ROOT

COMMAND: Final = (sys.executable, "-m", "facets_pipeline_tests.growth.command")


class GrowthError(Exception):
    """A command failed; the message ends with what it printed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A command that has ended.

    Attributes:
        seconds: From its start to its end.
        cpu: Seconds that processors worked for it, by itself and by the system on its behalf.
        peak_mb: Memory of its largest process.
    """

    seconds: float
    cpu: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands run.

    Attributes:
        folder: The working folder, with the data folder in it.
        variables: Settings.
    """

    folder: Path
    variables: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        return {**own_environment(), "PYTHONPATH": str(ROOT), **self.variables}

    def facets(self, *arguments: str) -> Measured:
        """Run `facets`, with the third code system, to its end.

        Raises:
            GrowthError: It failed.
        """
        log = self.folder / "output.log"
        started = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            # Not `wait`: this tells what the process used as well.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            last = " ".join(log.read_text("utf-8", errors="replace").split())[-400:]
            raise GrowthError(f"facets {' '.join(arguments)}: {process.returncode}: {last}")
        cpu = usage.ru_utime + usage.ru_stime
        return Measured(time.monotonic() - started, cpu, usage.ru_maxrss / 1024)

    @property
    def instance_bytes(self) -> int:
        """Bytes of Dagster's own history, where it lies in the data folder."""
        return _bytes_in(self.folder / ".facets" / "dagster")

    @property
    def store_bytes(self) -> int:
        """Bytes of an embedded store, its log included."""
        return sum(path.stat().st_size for path in (self.folder / ".facets").glob("facets.db*"))


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
