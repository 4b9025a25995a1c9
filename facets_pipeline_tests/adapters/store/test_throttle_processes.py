"""The shared throttle with four processes at once, and with one that is killed."""

import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.throttle import StoreThrottle
from facets_pipeline.engine.throttle import BURST_SECONDS, SHARE, Cost, Limits
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew, crew
from facets_pipeline_tests.adapters.store.throttle_desk import TOLERANCE, gaps

MODEL = "a-model"
SLOW = 600
"""A limit at which booking is much faster than the starts that are booked."""

SPACING = 60 / (SLOW * SHARE)
FAST = 6000
"""A limit at which a test can wait for the starts."""

EACH = 150
WORK_SECONDS = 4.0
"""Long enough that a process which got no core for half a second is not taken for a poor one."""

KILLED = """
import os, signal, sys
from facets_pipeline.adapters.store import throttle
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.engine.throttle import Cost
with Database.open(sys.argv[1]) as database, database.write() as connection:
    for _ in range(200):
        grant = throttle.reserve(connection, "a-model", Cost())
    assert grant.wait_seconds > 1
    print("booked", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def workers() -> Generator[Crew]:
    """Four processes for all tests of this file."""
    with crew() as hired:
        yield hired


def knows(url: str, per_minute: float) -> str:
    """Create a store that knows a limit, and return its address."""
    with Database.open(url) as database:
        StoreThrottle(database).learn(MODEL, Limits(per_minute))
    return url


def book(url: str) -> list[float]:
    """Book starts as fast as the store allows, and return them."""
    with Database.open(url) as database:
        shared = StoreThrottle(database)
        return [shared.reserve(MODEL, Cost()).start for _ in range(EACH)]


def work(url: str) -> list[float]:
    """Book a start, wait for it, and so on for a while; return the starts."""
    starts: list[float] = []
    with Database.open(url) as database:
        shared = StoreThrottle(database)
        while not starts or starts[-1] - starts[0] < WORK_SECONDS:
            grant = shared.reserve(MODEL, Cost())
            time.sleep(grant.wait_seconds)  # the work of a caller, not a way to wait for another
            starts.append(grant.start)
    return starts


def test_four_processes_together_book_the_limit_and_never_more(
    workers: Crew, empty_url: str
) -> None:
    url = knows(empty_url, SLOW)
    starts = sorted(start for booked in workers.at_once(book, url) for start in booked)
    assert len(starts) == COUNT * EACH
    at_once = int(BURST_SECONDS / SPACING)
    for index, start in enumerate(starts):
        for later in range(index + 1, min(index + 200, len(starts))):
            assert starts[later] - start >= (later - index - at_once) * SPACING - TOLERANCE
    assert gaps(starts[2 * at_once :]) == pytest.approx([SPACING] * (599 - 2 * at_once), abs=1e-3)


def test_processes_that_wait_for_their_starts_get_equal_shares(
    workers: Crew, empty_url: str
) -> None:
    url = knows(empty_url, FAST)
    counts = [len(starts) for starts in workers.at_once(work, url)]
    fair = sum(counts) / COUNT
    assert fair > 10
    assert all(0.5 * fair < count < 1.5 * fair for count in counts), counts


def test_a_process_killed_while_it_books_holds_nothing_up(empty_url: str) -> None:
    url = knows(empty_url, SLOW)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert (killed.returncode, killed.stdout) == (-9, "booked\n")
    with Database.open(url) as database:
        assert StoreThrottle(database).reserve(MODEL, Cost()).wait_seconds == 0
