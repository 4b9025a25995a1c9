"""A throttle on a clock that a test moves; no test belongs here."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sqlalchemy as sa

from facets_pipeline.adapters.store import throttle
from facets_pipeline.engine.throttle import SHARE, Cost, Grant, Limits

START = 1_800_000_000.0
SPACING = 60 / (1200 * SHARE)
"""Seconds between calls at 1,200 a minute."""

TOLERANCE = 1e-4


@dataclass(slots=True)
class Desk:
    """One model's throttle in one transaction, at a time that stands still until it is moved."""

    connection: sa.Connection
    model: str = "a-model"
    now: float = START

    def knows(self, limits: Limits) -> None:
        """Let the store learn limits."""
        throttle.learn(self.connection, self.model, limits, clock=self.clock)

    def reserve(self, cost: Cost | None = None, cap_rpm: float | None = None) -> Grant:
        """Book a start."""
        return throttle.reserve(
            self.connection, self.model, cost or Cost(), cap_rpm, clock=self.clock
        )

    def waits(self, number: int, cost: Cost | None = None) -> list[float]:
        """Book several starts, and return what each has to wait."""
        return [self.reserve(cost).wait_seconds for _ in range(number)]

    def use_burst(self) -> None:
        """Book what may start at once."""
        while self.reserve().wait_seconds == 0:
            pass

    def settle(self, estimated: Cost, actual: Cost) -> None:
        """Correct a call."""
        throttle.settle(self.connection, self.model, estimated, actual, clock=self.clock)

    def pause(self, seconds: float) -> None:
        """Stop everybody."""
        throttle.pause(self.connection, self.model, seconds, clock=self.clock)

    def recheck(self, grant: Grant) -> Grant:
        """Look again at a grant."""
        return throttle.recheck(self.connection, self.model, grant)

    def clock(self) -> float:
        """Return the time."""
        return self.now


def gaps(waits: Sequence[float]) -> list[float]:
    """Return the differences of neighbours."""
    return [later - earlier for earlier, later in pairwise(waits)]
