"""Worlds that a warm process may find itself in: clocks that jump, pauses that pass in a hurry.

They are chosen by variables of its environment, and put in place before its command begins.
"""

import resource
import signal
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.engine import course

CLOCK: Final = "CHAOS_CLOCK"
"""A file that holds by how many seconds the store's clock is wrong."""

HURRY: Final = "CHAOS_HURRY"
"""How many times shorter the pauses after failures are: minutes then pass within seconds."""

LARGEST_FILE: Final = "CHAOS_LARGEST_FILE"
"""Bytes above which no file may grow, where no small disk can be had."""


ORDINARY: Final[Mapping[str, str]] = {}
"""The world as it is."""


def enter(environment: Mapping[str, str]) -> None:
    """Put in place what the environment names."""
    if CLOCK in environment:
        _let_clock_jump(Path(environment[CLOCK]))
    if HURRY in environment:
        times = float(environment[HURRY])
        course.FIRST_PAUSE_SECONDS /= times
        course.LONGEST_PAUSE_SECONDS /= times
    if LARGEST_FILE in environment:
        # Else the signal ends the process before the write fails.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = int(environment[LARGEST_FILE])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def _let_clock_jump(offset: Path) -> None:
    """Shift the store's clock and that of the throttle on SQLite, which is this host's."""
    now: Callable[[Database, sa.Connection], datetime] = Database.now
    seconds = time.time

    def wrong_by() -> float:
        return float(offset.read_text() or 0)

    def shifted(self: Database, connection: sa.Connection) -> datetime:
        return now(self, connection) + timedelta(seconds=wrong_by())

    Database.now = shifted
    time.time = lambda: seconds() + wrong_by()
