"""Processes killed at every step: all is answered, and paid again is what was in flight."""

import os
import random
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.annotators.claude import children
from facets_pipeline_tests.adapters.annotators.claude.both_accounts import let_finish
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    LONGEST_CALL_SECONDS,
    check_exact,
    fill_from,
    outcomes_of,
    states_of,
    with_codes,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server

COUNT = 30
NAMES = [f"A{number:04d}" for number in range(COUNT)]
THIRD = 3
"""The call that is deadly: others have been answered, others are in flight beside it."""


@pytest.fixture(scope="module")
def strict_server() -> Generator[RunningServer]:
    """A server for this file alone: processes that die leave calls there that never end."""
    with running_server() as started:
        yield started


def sent(store: Store) -> set[str]:
    """Return the calls that were in flight when their process died."""
    with store.database.read() as connection:
        query = sa.select(call.c.call_id).where(call.c.state == "sent")
        return set(connection.execute(query).scalars())


def in_doubt(store: Store) -> set[str]:
    """Return the calls in doubt."""
    with store.database.read() as connection:
        query = sa.select(call.c.call_id).where(call.c.state == "in_doubt")
        return set(connection.execute(query).scalars())


def check_after_death(url: str, server: RunningServer) -> None:
    """Run again after a process died, and check that no more was paid twice than was in flight."""
    let_finish(server, LONGEST_CALL_SECONDS)
    with Store.open(url) as store:
        in_flight = sent(store)
        recorded = states_of(store)["answered"]
        fill_from(url, server.base_url)
        found = outcomes_of(store)
        assert (found.answered, found.open_items) == (NAMES, 0)
        assert in_doubt(store) == in_flight, "each call in flight is flagged, and no other"
        check_exact(store, server, with_dead=True)
    paid = server.admin.account()["paid_codes"]
    twice = [code for code, times in paid.items() if times > 1]
    assert sorted(paid) == NAMES
    assert max(paid.values()) <= 2
    assert len(twice) <= 5 * len(in_flight)
    messages = [row for row in server.admin.requests("messages") if row["status"] == 200]
    assert len(messages) - COUNT // 5 <= len(in_flight)
    assert recorded <= COUNT // 5


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("step", list(children.STEPS))
def test_a_process_killed_at_a_step_loses_no_answer(
    empty_url: str, server: RunningServer, step: str, place: str
) -> None:
    with Store.open(empty_url) as store:
        with_codes(store, COUNT, server.admin)
    server.admin.plan(Fault("slow", seconds=0.1, after=1))
    children.killed_at(step, place, THIRD, empty_url, server.base_url)
    server.admin.clear_faults()
    check_after_death(empty_url, server)


def test_a_reply_that_was_recorded_and_not_read_is_read_and_not_asked_for_again(
    tmp_path: Path, server: RunningServer
) -> None:
    url = f"sqlite:///{tmp_path / 'facets.db'}"
    with Store.open(url) as store:
        with_codes(store, 5, server.admin)
        children.killed_at("settle", "before", 1, url, server.base_url)
        assert states_of(store) == {"answered": 1}
        assert outcomes_of(store).open_items == 5
        report = fill_from(url, server.base_url)
        assert (report.calls, outcomes_of(store).answered) == (0, NAMES[:5])
    assert len(server.admin.requests("messages")) == 1


def test_a_process_killed_again_and_again_at_any_moment_gets_there(
    empty_url: str, server: RunningServer
) -> None:
    with Store.open(empty_url) as store:
        with_codes(store, COUNT, server.admin)
        server.admin.plan(Fault("slow", seconds=0.2))
        moments = random.Random(7)  # noqa: S311 - moments that can be repeated
        for _ in range(4):
            child = children.start(empty_url, server.base_url)
            child.join(moments.uniform(0.2, 1.2))
            child.kill()
            child.join()
        server.admin.clear_faults()
        fill_from(empty_url, server.base_url)
        assert outcomes_of(store).answered == NAMES
        check_exact(store, server, with_dead=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupt_records_the_calls_in_flight(
    tmp_path: Path, server: RunningServer, number: signal.Signals
) -> None:
    url = f"sqlite:///{tmp_path / 'facets.db'}"
    with Store.open(url) as store:
        with_codes(store, COUNT, server.admin)
        server.admin.plan(Fault("slow", seconds=0.4))
        child = children.start_with_interrupts(url, server.base_url)
        children.until(lambda: len(sent(store)) > 1)
        assert child.pid is not None
        os.kill(child.pid, number)
        child.join(children.NEVER_SECONDS)
        assert child.exitcode == children.INTERRUPTED
        states = states_of(store)
        assert set(states) <= {"answered", "given_back"}
        assert states["answered"] >= 2
        assert len(outcomes_of(store).answered) == 5 * states["answered"]
        assert outcomes_of(store).open_items == 0
        server.admin.clear_faults()
        fill_from(url, server.base_url)
        assert outcomes_of(store).answered == NAMES
        assert check_exact(store, server, with_dead=True) == 0
    assert server.admin.account()["paid_more_than_once"] == 0
