"""Runs `facets` in a working folder of its own, with nothing else of the environment.

`Folder` starts the real command as a process; `Here` calls the same `main` within this process,
which is ten times quicker and enough wherever no other process matters.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from facets_pipeline.cli.app import main

COMMAND = Path(sys.executable).with_name("facets")
PATIENCE = 120
"""Seconds after which a command hangs."""

KEPT = ("PATH", "HOME", "LANG")


def own_environment() -> dict[str, str]:
    """Return the variables that every process needs, without settings of whoever runs the tests."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


@dataclass(frozen=True, slots=True)
class Folder:
    """A working folder.

    Attributes:
        path: Where it is.
        environment: Variables that its commands get besides those that every process needs.
    """

    path: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `facets` and return at once."""
        return subprocess.Popen(
            [str(COMMAND), *arguments],
            cwd=self.path,
            env={**own_environment(), "COLUMNS": "80", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `facets` to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever a command prints
        """Run `facets ... --json`, which must succeed, and return its document."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    def instance(self) -> dg.DagsterInstance:
        """Open the Dagster instance of the folder."""
        return dg.DagsterInstance.from_config(str(self.path / ".facets" / "dagster"))

    def copy(self, path: Path) -> "Folder":
        """Return a copy of the folder with all that was done in it."""
        shutil.copytree(self.path, path)
        return Folder(path, dict(self.environment))


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said: its exit code, standard output and standard error."""

    code: object
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - whatever a command prints
        """Return standard output as the one JSON document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Here:
    """Calls the command line within this process, in the folder `path`."""

    path: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Said:
        """Run `facets` to its end."""
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["facets", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = self.capsys.readouterr()
        return Said(ended.value.code, captured.out, captured.err)
