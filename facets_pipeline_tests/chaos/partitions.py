"""Faults of those who work beside each other: the same partitions, and clocks that jump."""

import signal
import time
from pathlib import Path
from typing import Final

from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline_tests.chaos import worlds
from facets_pipeline_tests.chaos.crews import CODES, a_crew
from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.kills import GENERATE
from facets_pipeline_tests.chaos.stage import Stage

RUNS: Final = 3
CELLS: Final = 3
BETWEEN_LEAPS_SECONDS: Final = 0.6
MOST_LEAPS: Final = 100
CALL_SECONDS: Final = 2.0
"""Long enough for a clock to jump in the midst of a call."""

LARGEST_STEP_SECONDS: Final = 600.0
"""Five times the length of a lease."""


def same_cells(stage: Stage) -> Line:
    """Run the same partitions in several processes at once; one of them dies on the way."""
    line = stage.line("runs on one partition")
    for _ in range(stage.rounds):
        with stage.scene(CODES) as scene:
            chunks = sorted({chunk_of(code) for code in scene.names()})
            chosen = stage.draw.sample(chunks, CELLS)
            options = [word for chunk in chosen for word in ("--chunk", chunk)]
            crew = a_crew(scene, RUNS, (*GENERATE, *options, "--batch-size", "1"))
            crew.wait_for_answers(2)
            if crew.lives[0].tell(signal.SIGKILL) and crew.lives[0].wait() < 0:
                scene.dead.append(crew.lives[0].pid)
                line.kills += 1
            for life in crew.lives[1:]:
                if (code := life.wait()) != 0:
                    line.broken += 1
                    line.found.notes.append(f"A run ended with {code}: {life.said()}")
            line.tried += RUNS
            stage.finish(scene, line)
    return line


def clock_steps(stage: Stage) -> Line:
    """Let the store's clock jump by minutes, forth and back, while several processes ask.

    A leap forth ends every lease in the midst of a call: its codes are asked again, and the reply
    that then comes is kept as paid and is not current.
    """
    line = stage.line("clock steps")
    for _ in range(stage.rounds):
        with stage.scene(CODES, latency_seconds=CALL_SECONDS, rpm=120) as scene:
            offset = Path(scene.environment["TMPDIR"]).with_name("offset")
            _set(offset, 0.0)
            world = {worlds.CLOCK: str(offset)}
            crew = a_crew(scene, 2, world=world)
            crew.wait_for_answers(3)
            # Whoever begins looks for claims that have run out.
            late = a_crew(scene, 2, world=world)
            for _ in range(MOST_LEAPS):
                if all(life.is_over() or life.marks.times("cells") for life in crew.lives):
                    break
                leap = stage.draw.uniform(0.5, 1.0) * LARGEST_STEP_SECONDS
                _set(offset, stage.draw.choice([-leap, leap]))
                line.tried += 1
                time.sleep(BETWEEN_LEAPS_SECONDS)
            _set(offset, 0.0)
            crew.end(line)
            late.end(line)
            stage.finish(scene, line, only_killed=False, late_allowed=True)
    return line


def _set(offset: Path, seconds: float) -> None:
    # Moved into place: a reader never finds half a number.
    beside = offset.with_suffix(".new")
    beside.write_text(f"{seconds}")
    beside.replace(offset)
