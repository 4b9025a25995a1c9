"""Faults by a signal that asks for an end: Ctrl-C and SIGTERM, which lose no call in flight."""

import signal
from typing import Final

from facets_pipeline_tests.chaos.crews import CODES
from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.kills import GENERATE, MESSAGE_AIMS
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.chaos.stage import Stage

INTERRUPTED: Final = 130

SIGNALS_OF_A_ROUND: Final = 6
END_SECONDS: Final = 30.0


def ctrl_c(stage: Stage) -> Line:
    """Interrupt commands as Ctrl-C does; none may leave a call in doubt."""
    return _stopped(stage, signal.SIGINT, "Ctrl-C", {0, INTERRUPTED})


def terminated(stage: Stage) -> Line:
    """End commands as a container's scheduler does; none may leave a call in doubt."""
    return _stopped(stage, signal.SIGTERM, "SIGTERM", {0, INTERRUPTED, -signal.SIGTERM})


def _stopped(stage: Stage, number: signal.Signals, name: str, codes: set[int]) -> Line:
    line = stage.line(name)
    for _ in range(stage.rounds):
        with stage.scene(CODES) as scene:
            for step in _steps(stage):
                _stop_one(stage, scene, line, number, codes, step)
            stage.finish(scene, line)
    return line


def _steps(stage: Stage) -> list[str]:
    """Draw steps; late ones come last, since nothing is left to ask after them."""
    steps = [step for step in MESSAGE_AIMS if step not in {"start", "instance"}]
    return sorted(stage.draw.sample(steps, SIGNALS_OF_A_ROUND), key=steps.index)


def _stop_one(
    stage: Stage, scene: Scene, line: Line, number: signal.Signals, codes: set[int], step: str
) -> None:
    life = scene.start(*GENERATE)
    life.wait_for(step, stage.draw.randint(1, MESSAGE_AIMS[step].entries), 60.0)
    if not life.tell(number):
        return
    line.tried += 1
    line.struck[f"{step} ({number.name})"] += 1
    if (code := life.wait(END_SECONDS)) not in codes:
        line.broken += 1
        line.found.notes.append(f"At {step} a command ended with {code}: {life.said()}")
