"""Commands at work while something happens around them: started, awaited, and their exit codes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.kills import GENERATE
from facets_pipeline_tests.chaos.lives import Life
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.chaos.worlds import ORDINARY

CODES: Final = 120
"""Enough for a crew to be at work for as long as a fault takes."""

PATIENCE_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Crew:
    """Lives that work on one scene at the same time.

    Attributes:
        scene: The scene.
        lives: The lives.
    """

    scene: Scene
    lives: Sequence[Life]

    def wait_for_answers(self, count: int) -> None:
        """Return once so many more calls were paid, or all lives have ended."""
        wanted = paid_calls(self.scene) + count
        ends = time.monotonic() + PATIENCE_SECONDS
        while paid_calls(self.scene) < wanted and time.monotonic() < ends:
            if all(life.is_over() for life in self.lives):
                return
            time.sleep(0.02)

    def end(self, line: Line, *, may_fail: bool = True) -> None:
        """Wait for all lives; one that ends otherwise than with 0, or 1 if it may, is broken."""
        allowed = {0, 1} if may_fail else {0}
        for life in self.lives:
            if (code := life.wait()) not in allowed:
                line.broken += 1
                line.found.notes.append(f"A command ended with {code}: {life.said()}")
            line.failed += code == 1


def a_crew(
    scene: Scene,
    size: int = 3,
    arguments: tuple[str, ...] = GENERATE,
    world: Mapping[str, str] = ORDINARY,
) -> Crew:
    """Start a crew of `size` lives in a world of theirs, see `worlds`."""
    return Crew(scene, [scene.start(*arguments, world=world) for _ in range(size)])


def paid_calls(scene: Scene) -> int:
    """Return how many calls the server was paid for."""
    return int(scene.server.admin.account()["paid_calls"])
