"""kill -9 at random instants: many lives on one store, then one that is left in peace.

Most instants are drawn by step: the process dies within moments of having entered it for the n-th
time. The others are drawn by time alone, over the length of a life. Several lives work at once on
the same codes; as soon as little is left to do, more codes are loaded, by lives that may die too.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.chaos.lives import Life, StuckError
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.daemon.drug_codes import SYSTEM

GENERATE: Final = ("generate", "--yes")
BATCHES: Final = ("generate", "--yes", "--mode", "batches")

PATIENCE_SECONDS: Final = 60.0
"""How long a step is waited for; the life dies all the same."""

LONGEST_LIFE_SECONDS: Final = 6.0
MOST_LIVES: Final = 10
"""Lives that are started at most for each that is to be killed: some end before."""

COLD_SHARE: Final = 0.06
"""Share of the lives that are the installed command, which cannot be watched."""

TIMED_SHARE: Final = 0.1
LOAD_SHARE: Final = 0.06
CELL_SHARE: Final = 0.08
FEW_CODES: Final = 24
MORE_CODES: Final = 60


@dataclass(frozen=True, slots=True)
class Aim:
    """At what a kill aims.

    Attributes:
        share: How often, compared with the others.
        seconds: The longest after the step was entered.
        entries: The most entries of the step that are waited for.
    """

    share: int
    seconds: float
    entries: int


MESSAGE_AIMS: Final[Mapping[str, Aim]] = {
    "start": Aim(1, 1.0, 0),
    "instance": Aim(1, 0.3, 1),
    "claim": Aim(3, 0.02, 6),
    "send": Aim(3, 0.02, 6),
    "request": Aim(4, 0.15, 6),
    "reply": Aim(3, 0.02, 5),
    "settle": Aim(3, 0.02, 5),
    "commit": Aim(3, 0.02, 12),
    "cells": Aim(2, 1.0, 1),
    "table": Aim(2, 0.05, 2),
    "report": Aim(2, 0.02, 4),
}
BATCH_AIMS: Final[Mapping[str, Aim]] = {
    "batch intent": Aim(2, 0.02, 1),
    "batch create": Aim(3, 0.1, 1),
    "batch named": Aim(2, 0.02, 1),
    "batch results": Aim(2, 0.02, 1),
    "batch read": Aim(2, 0.02, 1),
    "batch closed": Aim(2, 0.02, 1),
}


@dataclass(slots=True)
class Kills:
    """A round of kills on one scene.

    Attributes:
        scene: The scene; codes are loaded.
        count: How many lives are to be killed, or some more: none is left alive.
        draw: What all is drawn from.
        arguments: What the lives do.
        aims: At what the kills aim.
        at_once: How many lives work at a time.
        by_step_only: Whether all instants are drawn by step, and no codes are added: quick.
        struck: The step in which each killed life was, as far as it can be seen.
    """

    scene: Scene
    count: int
    draw: random.Random
    arguments: tuple[str, ...] = GENERATE
    aims: Mapping[str, Aim] = field(default_factory=lambda: MESSAGE_AIMS)
    at_once: int = 3
    by_step_only: bool = False
    struck: Counter[str] = field(default_factory=Counter[str])
    _started: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failures: list[BaseException] = field(default_factory=list[BaseException])

    def play(self) -> None:
        """Kill at least so many lives, several at work at any time.

        Raises:
            StuckError: A command did not come to its end, or too few died in time.
        """
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]
        if self.struck.total() < self.count:
            raise StuckError(
                f"Of {self._started} lives only {self.struck.total()} could be killed."
            )

    def _work(self) -> None:
        try:
            while not self._failures and self._is_more_to_kill():
                if not self.by_step_only:
                    self._supply()
                self._one_life()
        except BaseException as error:  # noqa: BLE001 - raised by `play`
            self._failures.append(error)

    def _is_more_to_kill(self) -> bool:
        with self._lock:
            self._started += 1
            return self.struck.total() < self.count and self._started < MOST_LIVES * self.count

    def _one_life(self) -> None:
        with self._lock:
            cold = not self.by_step_only and self.draw.random() < COLD_SHARE
            timed = not self.by_step_only and self.draw.random() < TIMED_SHARE
            arguments = self.arguments if self.by_step_only else self._arguments()
            step, aim = self.draw.choices(
                list(self.aims.items()), [each.share for each in self.aims.values()]
            )[0]
            entries = self.draw.randint(min(1, aim.entries), aim.entries)
            moment = self.draw.random()
            life = self.scene.start(*arguments, cold=cold)
        if cold or timed or arguments[0] == "load":
            _sleep(life, moment * LONGEST_LIFE_SECONDS)
        elif life.wait_for(step, entries, PATIENCE_SECONDS):
            _sleep(life, moment * aim.seconds)
        self._kill(life, "any (cold)" if cold else "")

    def _kill(self, life: Life, step: str) -> None:
        with self._lock:
            if life.kill():
                self.struck[step or life.marks.step] += 1
                self.scene.dead.append(life.pid)

    def _arguments(self) -> tuple[str, ...]:
        drawn = self.draw.random()
        if drawn < LOAD_SHARE:
            return self._loading()
        if drawn < LOAD_SHARE + CELL_SHARE and self.arguments == GENERATE:
            return (*GENERATE, "--chunk", f"{self.draw.randrange(32):02d}")
        return self.arguments

    def _loading(self) -> tuple[str, ...]:
        return ("load", str(self.scene.folder / "codes.csv"), "--code-system", SYSTEM)

    def _supply(self) -> None:
        """Write more codes into the file and load them when little is left to do."""
        with self._lock:
            if pending_codes(self.scene) >= FEW_CODES:
                return
            self.scene.write(self.scene.codes + MORE_CODES)
            life = self.scene.start(*self._loading())
            _sleep(life, self.draw.random() * LONGEST_LIFE_SECONDS)
        if self.draw.random() < 0.3:
            self._kill(life, "load")
        life.wait()


def pending_codes(scene: Scene) -> int:
    """Return how many codes of the store are pending, or were never asked under any recipe."""
    with scene.open() as store:
        active = store.recipes.active(SYSTEM)
        if active is None:
            return store.codes.counts(SYSTEM, store.today()).active
        return store.ledger.askable(Scope(SYSTEM, store.today()), active.recipe_id)


def _sleep(life: Life, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not life.is_over() and time.monotonic() < ends:
        time.sleep(0.002)
