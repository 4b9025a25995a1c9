"""A real `facets serve`, as a process on a free port of this machine."""

import json
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facets_pipeline_tests.cli.commands import COMMAND, own_environment

PATIENCE = 30
"""Seconds after which a process that was told to stop hangs."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server.

    Attributes:
        address: Where it listens, without a slash at the end.
        pid: Its process.
        log: What it writes to standard error.
    """

    address: str
    pid: int
    log: Path


@contextmanager
def serving(url: str, folder: Path, *options: str) -> Generator[Served]:
    """Run `facets serve` over the store at `url`, in `folder`; it is stopped at the end."""
    log = folder / "serve.log"
    command = [str(COMMAND), "serve", "--port", "0", "--json", "--db-url", url, *options]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=own_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            told = "".join(iter(process.stdout.readline, "}\n")) + "}"
            yield Served(json.loads(told)["address"], process.pid, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
