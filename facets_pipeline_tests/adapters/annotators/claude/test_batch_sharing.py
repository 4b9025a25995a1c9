"""Several who tend one batch: each result counts once, and whoever comes too late is told."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import aclosing
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.batch_terms import batch_price
from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.adapters.store.batches import StoreBatchLedger
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.engine.batch_values import ItemResult, RemoteBatch
from facets_pipeline.engine.calls import MessageRequest
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


def test_a_batch_tended_by_a_living_process_is_left_to_it(lite: Bench) -> None:
    lite.submit()
    lite.server.admin.advance(HOUR)
    with StoreBatchLedger(lite.store.database, batch_price(lite.annotator)) as other:
        held = asyncio.run(other.take(list_batches(lite.store)[0].batch_id))
        assert held is not None
        report = lite.poll()
        assert (report.elsewhere, report.ingested) == (1, 0)
        asyncio.run(other.let_go(held.batch_id))
    assert lite.poll().ingested == 1


async def results_of(bench: Bench) -> list[ItemResult]:
    """Return all results of the one batch of a store."""
    remote_id = list_batches(bench.store)[0].remote_id
    assert remote_id is not None
    async with (
        BatchClient.like(bench.annotator.client()) as client,
        aclosing(client.results(remote_id)) as stream,
    ):
        return [result async for result in stream]


def test_results_recorded_by_two_at_once_count_once(bench: Bench) -> None:
    bench.submit()
    bench.server.admin.advance(HOUR)
    batch_id = list_batches(bench.store)[0].batch_id
    price = batch_price(bench.annotator)

    async def both() -> tuple[int, int]:
        results = await results_of(bench)
        with (
            StoreBatchLedger(bench.store.database, price) as one,
            StoreBatchLedger(bench.store.database, price) as two,
        ):
            recorded = await asyncio.gather(
                one.record(batch_id, results), two.record(batch_id, results)
            )
            settled = await asyncio.gather(one.settle(batch_id), two.settle(batch_id))
        costs = sum(each.cost_nano_usd or 0 for each in recorded)
        return costs, sum(len(each.verdicts) for each in settled)

    costs, verdicts = asyncio.run(both())
    assert verdicts == 10
    assert costs == sum(
        int(float(row["cost_usd"]) * 1e9 + 0.5) for row in bench.server.admin.requests("batch_item")
    )
    assert bench.poll().ingested == 1
    bench.check_exact()


def test_a_batch_sent_after_it_was_given_up_is_cancelled_and_what_it_cost_is_booked(
    bench: Bench,
) -> None:
    create = BatchClient.create

    async def late(client: BatchClient, requests: Mapping[str, MessageRequest]) -> RemoteBatch:
        with StoreBatchLedger(bench.store.database, batch_price(bench.annotator)) as other:
            (mine,) = await other.open_batches()
            await other.give_up(mine.batch_id, "Given up.", in_doubt=False)
        remote = await create(client, requests)
        bench.server.admin.advance(HOUR / 2)
        return remote

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchClient, "create", late)
        with pytest.raises(AnnotatorError, match="sent too late"):
            bench.submit()
    assert (bench.states(), bench.held()) == (["canceling"], 0)
    report = bench.poll()
    assert (report.ingested, bench.pending()) == (1, 10)
    assert bench.calls() == {"answered": 2, "given_back": 3}
    bench.check_exact()
