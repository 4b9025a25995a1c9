"""Batches whose creation was not confirmed; hidden, foreign and expired ones; two who look."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.batch_terms import batch_request
from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.adapters.store.schema import batch
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.prompt import Question
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import Bench
from facets_pipeline_tests.claude_server import Fault

HOUR = 3600.0
LOST = Fault("drop_before_reply", endpoint="batch_create", count=1)


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


def test_a_creation_whose_reply_was_lost_is_found_when_it_has_ended(hourly_bench: Bench) -> None:
    hourly_bench.server.admin.plan(LOST)
    sent = hourly_bench.submit()
    assert (sent.batches, len(sent.unconfirmed)) == ([], 1)
    assert sent.left_because
    report = hourly_bench.poll(settle_seconds=0)
    assert (len(report.waiting), report.abandoned, hourly_bench.held()) == (1, 0, 10)
    assert hourly_bench.submit().codes == 0
    hourly_bench.server.admin.advance(HOUR)
    report = hourly_bench.poll(settle_seconds=0)
    assert (report.recovered, report.ingested, report.fill.answered) == (1, 1, 10)
    hourly_bench.check_exact()


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
    hourly_lite: Bench, fault: Fault
) -> None:
    hourly_lite.server.admin.plan(fault)
    assert len(hourly_lite.submit().unconfirmed) == 1
    report = hourly_lite.poll(settle_seconds=60)
    assert (report.abandoned, hourly_lite.held()) == (0, 10)
    report = hourly_lite.poll(settle_seconds=0)
    assert (report.abandoned, report.returned, hourly_lite.held()) == (1, 10, 0)
    assert hourly_lite.today().reserved == 0
    hourly_lite.submit()
    hourly_lite.server.admin.advance(HOUR)
    hourly_lite.poll()
    hourly_lite.check_exact()


def test_a_batch_that_the_list_hides_is_waited_for(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("batch_hidden", count=1, seconds=HOUR, from_list=True))
    hourly_lite.server.admin.plan(LOST)
    hourly_lite.submit()
    assert hourly_lite.poll(settle_seconds=120).abandoned == 0
    hourly_lite.server.admin.advance(HOUR)
    assert hourly_lite.poll(settle_seconds=120).recovered == 1
    hourly_lite.check_exact()


def test_somebody_elses_batch_is_never_taken_for_ours(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("drop_before_work", endpoint="batch_create", count=1))
    hourly_lite.submit()
    asyncio.run(create_foreign(hourly_lite, 5))
    asyncio.run(create_foreign(hourly_lite, 4))
    report = hourly_lite.poll(settle_seconds=0)
    assert (report.abandoned, hourly_lite.held()) == (0, 10), "it may be ours until it has ended"
    hourly_lite.server.admin.advance(HOUR)
    report = hourly_lite.poll(settle_seconds=0)
    assert (report.abandoned, report.recovered, hourly_lite.held()) == (1, 0, 0)


def test_what_runs_for_longer_than_a_batch_can_is_not_waited_for(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("drop_before_work", endpoint="batch_create", count=1))
    hourly_lite.submit()
    asyncio.run(create_foreign(hourly_lite, 5))
    age(hourly_lite, 27)
    assert hourly_lite.poll(settle_seconds=0).abandoned == 1


def test_two_lost_creations_of_one_size_are_told_apart(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("drop_before_reply", endpoint="batch_create", count=2))
    hourly_lite.submit(limit=4)
    hourly_lite.submit(limit=4)
    assert {one.requests for one in list_batches(hourly_lite.store)} == {2}
    hourly_lite.server.admin.advance(HOUR)
    report = hourly_lite.poll()
    assert (report.recovered, report.fill.answered) == (2, 8)
    hourly_lite.check_exact()


def test_a_batch_that_is_not_shown_right_after_its_creation_is_not_lost(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("batch_hidden", count=1, reads=2))
    hourly_lite.submit()
    for _ in range(2):
        report = hourly_lite.poll(settle_seconds=120)
        assert (len(report.problems), report.abandoned, hourly_lite.held()) == (1, 0, 10)
    hourly_lite.server.admin.advance(HOUR)
    assert hourly_lite.poll(settle_seconds=120).fill.answered == 10
    hourly_lite.check_exact()


def test_a_batch_that_stays_away_is_in_doubt_and_stays_booked(hourly_lite: Bench) -> None:
    hourly_lite.server.admin.plan(Fault("batch_hidden", count=1, reads=100))
    hourly_lite.submit()
    age(hourly_lite, 1.1)
    report = hourly_lite.poll(settle_seconds=120)
    assert (report.abandoned, report.fill.in_doubt, report.returned) == (1, 1, 10)
    assert hourly_lite.calls() == {"in_doubt": 5}
    assert hourly_lite.today().reserved > 0


def test_results_that_have_expired_are_paid_and_lost(hourly_bench: Bench) -> None:
    hourly_bench.submit()
    hourly_bench.server.admin.advance(30 * 24 * HOUR)
    report = hourly_bench.poll()
    assert (report.abandoned, report.returned, hourly_bench.held()) == (1, 10, 0)
    assert hourly_bench.calls() == {"in_doubt": 5}
    today = hourly_bench.today()
    assert today.settled <= hourly_bench.server_nano() <= today.settled + today.reserved
    assert "expired" in str(list_batches(hourly_bench.store)[0].error)
