"""Batches whose creation was not confirmed; hidden, foreign and expired ones; two who look."""

import asyncio
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.batch_terms import batch_request
from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import batch
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.prompt import Question
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import Bench, fill_store
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server

HOUR = 3600.0
LOST = Fault("drop_before_reply", endpoint="batch_create", count=1)


@pytest.fixture
def hourly() -> Generator[RunningServer]:
    """A server of this test alone, whose batches take an hour of its clock."""
    with running_server(batch_seconds=HOUR) as running:
        yield running


@pytest.fixture
def bench(database: Database, hourly: RunningServer) -> Bench:
    """Eleven pending codes on both stores."""
    store = Store(database)
    fill_store(store, hourly, 11)
    return Bench(store, hourly)


@pytest.fixture
def lite(tmp_path: Path, hourly: RunningServer) -> Generator[Bench]:
    """The same on SQLite alone."""
    with Store.open(f"sqlite:///{tmp_path / 'facets.db'}") as store:
        fill_store(store, hourly, 11)
        yield Bench(store, hourly)


def age(bench: Bench, hours: float) -> None:
    """Let all batches of a store be older."""
    earlier = datetime.now(UTC) - timedelta(hours=hours)
    with bench.store.database.write() as connection:
        connection.execute(sa.update(batch).values(opened_at=earlier, seen_at=earlier))
        named = sa.update(batch).where(batch.c.submitted_at.is_not(None))
        connection.execute(named.values(submitted_at=earlier))


async def create_foreign(bench: Bench, requests: int) -> None:
    """Let somebody else with the same key create a batch."""
    question = batch_request(bench.annotator, (Question(Code("HCPCS", "Z0001", "other")),))
    async with BatchClient.like(bench.annotator.client()) as client:
        await client.create({f"other-{number}": question for number in range(requests)})


def test_a_creation_whose_reply_was_lost_is_found_when_it_has_ended(bench: Bench) -> None:
    bench.server.admin.plan(LOST)
    sent = bench.submit()
    assert (sent.batches, len(sent.unconfirmed)) == ([], 1)
    assert sent.left_because
    report = bench.poll(settle_seconds=0)
    assert (len(report.waiting), report.abandoned, bench.held()) == (1, 0, 10)
    assert bench.submit().codes == 0
    bench.server.admin.advance(HOUR)
    report = bench.poll(settle_seconds=0)
    assert (report.recovered, report.ingested, report.fill.answered) == (1, 1, 10)
    bench.check_exact()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop_before_work", endpoint="batch_create", count=1),
        Fault("server_error", endpoint="batch_create", count=1),
        Fault("html", endpoint="batch_create", count=1, status=502),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_creation_that_never_happened_is_given_up_after_the_settling_time(
    lite: Bench, fault: Fault
) -> None:
    lite.server.admin.plan(fault)
    assert len(lite.submit().unconfirmed) == 1
    report = lite.poll(settle_seconds=60)
    assert (report.abandoned, lite.held()) == (0, 10)
    report = lite.poll(settle_seconds=0)
    assert (report.abandoned, report.returned, lite.held()) == (1, 10, 0)
    assert lite.today().reserved == 0
    lite.submit()
    lite.server.admin.advance(HOUR)
    lite.poll()
    lite.check_exact()


def test_a_batch_that_the_list_hides_is_waited_for(lite: Bench) -> None:
    lite.server.admin.plan(Fault("batch_hidden", count=1, seconds=HOUR, from_list=True))
    lite.server.admin.plan(LOST)
    lite.submit()
    assert lite.poll(settle_seconds=120).abandoned == 0
    lite.server.admin.advance(HOUR)
    assert lite.poll(settle_seconds=120).recovered == 1
    lite.check_exact()


def test_somebody_elses_batch_is_never_taken_for_ours(lite: Bench) -> None:
    lite.server.admin.plan(Fault("drop_before_work", endpoint="batch_create", count=1))
    lite.submit()
    asyncio.run(create_foreign(lite, 5))
    asyncio.run(create_foreign(lite, 4))
    report = lite.poll(settle_seconds=0)
    assert (report.abandoned, lite.held()) == (0, 10), "it may be ours until it has ended"
    lite.server.admin.advance(HOUR)
    report = lite.poll(settle_seconds=0)
    assert (report.abandoned, report.recovered, lite.held()) == (1, 0, 0)


def test_what_runs_for_longer_than_a_batch_can_is_not_waited_for(lite: Bench) -> None:
    lite.server.admin.plan(Fault("drop_before_work", endpoint="batch_create", count=1))
    lite.submit()
    asyncio.run(create_foreign(lite, 5))
    age(lite, 27)
    assert lite.poll(settle_seconds=0).abandoned == 1


def test_two_lost_creations_of_one_size_are_told_apart(lite: Bench) -> None:
    lite.server.admin.plan(Fault("drop_before_reply", endpoint="batch_create", count=2))
    lite.submit(limit=4)
    lite.submit(limit=4)
    assert {one.requests for one in list_batches(lite.store)} == {2}
    lite.server.admin.advance(HOUR)
    report = lite.poll()
    assert (report.recovered, report.fill.answered) == (2, 8)
    lite.check_exact()


def test_a_batch_that_is_not_shown_right_after_its_creation_is_not_lost(lite: Bench) -> None:
    lite.server.admin.plan(Fault("batch_hidden", count=1, reads=2))
    lite.submit()
    for _ in range(2):
        report = lite.poll(settle_seconds=120)
        assert (len(report.problems), report.abandoned, lite.held()) == (1, 0, 10)
    lite.server.admin.advance(HOUR)
    assert lite.poll(settle_seconds=120).fill.answered == 10
    lite.check_exact()


def test_a_batch_that_stays_away_is_in_doubt_and_stays_booked(lite: Bench) -> None:
    lite.server.admin.plan(Fault("batch_hidden", count=1, reads=100))
    lite.submit()
    age(lite, 1.1)
    report = lite.poll(settle_seconds=120)
    assert (report.abandoned, report.fill.in_doubt, report.returned) == (1, 1, 10)
    assert lite.calls() == {"in_doubt": 5}
    assert lite.today().reserved > 0


def test_results_that_have_expired_are_paid_and_lost(bench: Bench) -> None:
    bench.submit()
    bench.server.admin.advance(30 * 24 * HOUR)
    report = bench.poll()
    assert (report.abandoned, report.returned, bench.held()) == (1, 10, 0)
    assert bench.calls() == {"in_doubt": 5}
    today = bench.today()
    assert today.settled <= bench.server_nano() <= today.settled + today.reserved
    assert "expired" in str(list_batches(bench.store)[0].error)
