"""The server's clock: wall time that tests may move forward, and waits that they may shorten.

Time stamps and token buckets follow the wall, so that clients can compare them with their own
clock. Only durations (latency, processing of batches) are divided by the scale.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, plus what tests added.

    Args:
        scale: How many times faster than real time latencies and batches pass; positive.
        source: Where the time comes from, in seconds since the epoch.
    """

    def __init__(self, scale: float = 1.0, source: Callable[[], float] = time.time) -> None:
        if scale <= 0:
            raise ValueError(f"The clock scale is {scale!r}, it must be positive: give 1 or more.")
        self.scale = scale
        self._source = source
        self._offset = 0.0

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward; what expires in that time has then expired."""
        if seconds < 0:
            raise ValueError(f"The clock was moved by {seconds!r} s, it only goes forward.")
        self._offset += seconds

    def shortened(self, seconds: float) -> float:
        """Return how long a duration of the API takes on this server, in seconds."""
        return seconds / self.scale

    async def wait(self, seconds: float) -> None:
        """Let a duration of the API pass."""
        if seconds > 0:
            await asyncio.sleep(self.shortened(seconds))


def rfc3339(moment: float) -> str:
    """Write seconds since the epoch as the API writes times, in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
