"""kill -9 at every instant of a batch's life: one look later all is well, nothing is paid twice."""

import time
from collections.abc import Generator

import pytest

from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.money import NANO
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import (
    LIMIT_USD,
    Bench,
    fill_store,
    put_back,
)
from facets_pipeline_tests.adapters.annotators.claude.batch_deaths import (
    INGESTING,
    SUBMITTING,
    die,
    poll_and_die,
    start,
    submit_and_die,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server

COUNT = 21


@pytest.fixture(scope="module")
def at_once() -> Generator[RunningServer]:
    """A server that has processed a batch as soon as somebody looks."""
    with running_server() as running:
        yield running


@pytest.fixture
def bench(empty_url: str, at_once: RunningServer) -> Generator[Bench]:
    """Pending codes on both stores, and nothing open at the server."""
    with Store.open(empty_url) as store:
        put_back(at_once)
        fill_store(store, at_once, COUNT)
        yield Bench(store, at_once)


def check_budget(bench: Bench) -> None:
    """Check that what is spent and reserved stays within the budget."""
    today = bench.today()
    assert today.settled + today.reserved <= LIMIT_USD * NANO


def check_all_is_well(bench: Bench) -> None:
    """Look once, send what is still pending, look again: no more hands than that."""
    check_budget(bench)
    bench.poll(settle_seconds=0)
    check_budget(bench)
    bench.submit()
    bench.poll(settle_seconds=0)
    assert (bench.pending(), set(bench.outcomes().values())) == (0, {"answered"})
    assert len(bench.outcomes()) == COUNT
    assert {one.state for one in list_batches(bench.store)} <= {"ingested", "abandoned"}
    bench.check_exact()


@pytest.mark.parametrize("instant", SUBMITTING)
def test_killed_while_submitting(bench: Bench, empty_url: str, instant: str) -> None:
    die(submit_and_die, empty_url, bench.server.base_url, instant)
    check_all_is_well(bench)


def test_killed_while_the_api_works_on_the_creation(bench: Bench, empty_url: str) -> None:
    bench.server.admin.plan(Fault("slow", endpoint="batch_create", count=1, seconds=1.5))
    process = start(submit_and_die, empty_url, bench.server.base_url, "")
    deadline = time.monotonic() + 30
    while not bench.server.admin.batches():
        assert time.monotonic() < deadline
    process.kill()
    process.join()
    check_all_is_well(bench)


@pytest.mark.parametrize("instant", INGESTING)
def test_killed_while_ingesting(bench: Bench, empty_url: str, instant: str) -> None:
    bench.submit()
    die(poll_and_die, empty_url, bench.server.base_url, instant)
    assert bench.ledger_nano() <= bench.server_nano()
    check_all_is_well(bench)


def test_killed_again_and_again(bench: Bench, empty_url: str) -> None:
    die(submit_and_die, empty_url, bench.server.base_url, "with the reply in hand")
    for instant in ("in the midst of a page", "after a page is recorded", "before it is closed"):
        die(poll_and_die, empty_url, bench.server.base_url, instant)
    check_all_is_well(bench)


def test_four_who_look_at_once_count_everything_once(bench: Bench, empty_url: str) -> None:
    bench.submit()
    lookers = [start(poll_and_die, empty_url, bench.server.base_url, "") for _ in range(4)]
    for process in lookers:
        process.join()
    assert [process.exitcode for process in lookers] == [0] * 4
    assert bench.outcomes().keys() == {f"A{number:04d}" for number in range(COUNT)}
    bench.check_exact()


@pytest.mark.parametrize("away", ["expired", "hidden"])
def test_what_was_recorded_before_a_kill_is_used_when_the_rest_can_no_longer_be_had(
    bench: Bench, empty_url: str, away: str
) -> None:
    if away == "hidden":
        # Looked at by the process that dies: once for its state, once for its results.
        bench.server.admin.plan(Fault("not_found", endpoint="batch_retrieve", after=2))
    bench.submit()
    die(poll_and_die, empty_url, bench.server.base_url, "after a page is recorded")
    if away == "expired":
        bench.server.admin.advance(30 * 24 * 3600)
    report = bench.poll(settle_seconds=-1)
    assert (report.abandoned, bench.held()) == (1, 0)
    assert bench.calls() == {"answered": 6, "in_doubt": 4}
    assert (len(bench.outcomes()), report.returned, bench.pending()) == (13, 8, 8)
    today = bench.today()
    assert bench.ledger_nano() == today.settled
    assert today.settled <= bench.server_nano() <= today.settled + today.reserved
