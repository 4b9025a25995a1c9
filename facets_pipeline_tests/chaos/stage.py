"""What every fault is tried with: a store, draws that can be repeated, and the end of a scene."""

import math
import random
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from facets_pipeline_tests.chaos.figures import Line, row
from facets_pipeline_tests.chaos.findings import examine
from facets_pipeline_tests.chaos.scene import Scene, a_scene
from facets_pipeline_tests.postgres_server import PostgresServer

CODES = 60
"""Codes that a scene begins with."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where faults are tried.

    Attributes:
        postgres: The server whose databases are the stores; None for SQLite.
        draw: What all is drawn from.
        kills: How many kills the faults by kill come to.
        rounds: How often other faults are tried.
        until: When no more scenes are set up for kills, on the clock that only goes forward.
    """

    postgres: PostgresServer | None
    draw: random.Random
    kills: int
    rounds: int
    until: float = math.inf

    @property
    def store(self) -> str:
        """The kind of store."""
        return "sqlite" if self.postgres is None else "postgres"

    def has_time(self) -> bool:
        """Tell whether more scenes may be set up."""
        return time.monotonic() < self.until

    def progress(self, line: Line) -> None:
        """Say on standard error how far a long line is."""
        print(row(line), file=sys.stderr, flush=True)

    def line(self, fault: str) -> Line:
        """Return the line of a fault, on which nothing stands yet."""
        return Line(fault, self.store)

    @contextmanager
    def scene(self, codes: int = CODES, **settings: Any) -> Generator[Scene]:  # noqa: ANN401
        """Set up a scene with codes loaded; `settings` are those of the server."""
        usual = {"rpm": 300, "latency_seconds": 0.1, "seed": self.draw.randrange(10**6)}
        with a_scene(self.postgres, **{**usual, **settings}) as scene:
            scene.load(codes)
            yield scene

    def finish(self, scene: Scene, line: Line, **allowed: bool) -> None:
        """Let all go well from now on: load, generate, and add what is found to the line.

        Args:
            scene: The scene; nothing is at work on it any more.
            line: The line of the fault.
            allowed: What `findings.examine` is told.
        """
        scene.server.admin.clear_faults()
        if not scene.is_loaded():
            scene.load(scene.codes)
        code, said = scene.run("generate", "--yes")
        if code != 0:
            line.broken += 1
            line.found.notes.append(f"The last generate ended with {code}: {said}")
        line.add(examine(scene, **allowed))
