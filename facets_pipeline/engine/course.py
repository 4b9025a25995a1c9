"""How a run stands: what was asked, what failed, how many calls may fly, and whether to go on.

Plain bookkeeping that the loop and its calls share; nothing is asked or stored here.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence

from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.ramp import Ramp

PATIENCE = 12
"""Failures in a row, each after the pause of the one before, after which the run gives up."""

MOST_LOST = 6
"""Lost replies about one code after which the run gives up: each may have been paid.

Less than `domain.outcomes.MAX_LOST`, so that it takes more than one run to blame the code.
"""

FIRST_PAUSE_SECONDS = 0.5
"""The first pause after a failure that does not say how long; each further one doubles."""

LONGEST_PAUSE_SECONDS = 60.0


class Course:
    """The state of one run; it belongs to one event loop.

    Attributes:
        report: The figures so far.
        ramp: How many calls may be in flight.
        asked: Codes that were asked or are being asked, those that went back not counted.
        has_returned: Whether codes went back since this was last set to False.
        error: What ends the run; None while all is well.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.report = FillReport()
        self.ramp = Ramp(clock)
        self.asked = 0
        self.has_returned = False
        self.error: BaseException | None = None
        self._clock = clock
        self._stop = asyncio.Event()
        self._failures = 0
        self._failed_at = -1.0
        self._resume_at = 0.0
        self._lost: Counter[str] = Counter()

    @property
    def is_stopping(self) -> bool:
        """Whether no more calls are to be made."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Make no more calls."""
        self._stop.set()

    def fail(self, error: BaseException) -> None:
        """End the run with `error`, or with the first one if there are several."""
        self.stop()
        if self.error is None:
            self.error = error

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond `stop`: nobody waits for a pause when the run is to end."""
        if seconds <= 0 or self.is_stopping:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def pause(self) -> None:
        """Wait until the pause after lost replies is over, if there is one."""
        left = self._resume_at - self.now()
        if left > 0:
            await self.sleep(left)

    def now(self) -> float:
        """Return the time, in seconds that only go forward."""
        return self._clock()

    def gave_back(self, codes: int) -> None:
        """Note that so many codes are pending again."""
        self.asked -= codes
        self.has_returned = self.has_returned or codes > 0

    def succeeded(self) -> None:
        """Note that a call was answered."""
        self._failures = 0
        self.ramp.success()

    def failed(self, error: BaseException, started: float) -> float:
        """Note a call that failed for no reason of its own; return how long to pause.

        Many calls in flight fail together: those that started before the last failure say nothing
        new. The run ends after `PATIENCE` failures in a row that do.
        """
        if started > self._failed_at:
            self._failed_at = self.now()
            self._failures += 1
            self.ramp.failure()
            if self._failures >= PATIENCE:
                self.fail(error)
        return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** max(0, self._failures - 1))

    def lost(self, error: BaseException, codes: Sequence[str], started: float) -> None:
        """Note that the reply about `codes` was lost; the run ends if one is lost again and again.

        Codes are asked alone after their second lost reply, so that this ends at the one code that
        cannot be answered, when all others have been asked.
        """
        pause = self.failed(error, started)
        if self._failures > 1:
            self._resume_at = self.now() + pause
        self._lost.update(codes)
        if any(self._lost[code] >= MOST_LOST for code in codes):
            self.fail(error)
