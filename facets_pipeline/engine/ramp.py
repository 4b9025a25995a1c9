"""How many calls may be in flight: one until something answered, then doubling every second.

Limits that are known pace the starts; the ramp keeps a sudden burst from being taken for abuse, and
a struggling API from being hit harder. A failure halves it.
"""

import time
from collections.abc import Callable

MOST_IN_FLIGHT = 200
"""Calls in flight at most: enough for 1,000 requests a minute that take 10 s each."""

FIRST_STEP = 8
"""Calls in flight right after the first answer, which has also filled the prompt cache."""

DOUBLING_SECONDS = 1.0


class Ramp:
    """Grows with time while all goes well."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._base = 1.0
        self._since: float | None = None

    @property
    def allowed(self) -> int:
        """Calls that may be in flight now."""
        if self._since is None:
            return int(self._base)
        doublings = min((self._clock() - self._since) / DOUBLING_SECONDS, 16.0)
        return int(min(MOST_IN_FLIGHT, self._base * 2**doublings))

    def success(self) -> None:
        """Note that a call was answered: the first one starts the ramp."""
        if self._since is None:
            self._base = max(self._base, FIRST_STEP)
            self._since = self._clock()

    def failure(self) -> None:
        """Note that the API had enough: go on with half, and wait for a success to grow."""
        self._base = max(1.0, self.allowed / 2)
        self._since = None
