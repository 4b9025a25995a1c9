"""Several who tend one batch: each result counts once, and whoever comes too late is told."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.batch_terms import batch_price
from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.adapters.store.batches import StoreBatchLedger
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.engine.batch_values import ItemResult, RemoteBatch
from facets_pipeline.engine.calls import MessageRequest
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import Bench

HOUR = 3600.0


def test_a_batch_tended_by_a_living_process_is_left_to_it(hourly_lite: Bench) -> None:
    hourly_lite.submit()
    hourly_lite.server.admin.advance(HOUR)
    with StoreBatchLedger(hourly_lite.store.database, batch_price(hourly_lite.annotator)) as other:
        held = asyncio.run(other.take(list_batches(hourly_lite.store)[0].batch_id))
        assert held is not None
        report = hourly_lite.poll()
        assert (report.elsewhere, report.ingested) == (1, 0)
        asyncio.run(other.let_go(held.batch_id))
    assert hourly_lite.poll().ingested == 1


async def results_of(bench: Bench) -> list[ItemResult]:
    """Return all results of the one batch of a store."""
    remote_id = list_batches(bench.store)[0].remote_id
    assert remote_id is not None
    async with (
        BatchClient.like(bench.annotator.client()) as client,
        aclosing(client.results(remote_id)) as stream,
    ):
        return [result async for result in stream]


def test_results_recorded_by_two_at_once_count_once(hourly_bench: Bench) -> None:
    hourly_bench.submit()
    hourly_bench.server.admin.advance(HOUR)
    batch_id = list_batches(hourly_bench.store)[0].batch_id
    price = batch_price(hourly_bench.annotator)

    async def both() -> tuple[int, int]:
        results = await results_of(hourly_bench)
        with (
            StoreBatchLedger(hourly_bench.store.database, price) as one,
            StoreBatchLedger(hourly_bench.store.database, price) as two,
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
        int(float(row["cost_usd"]) * 1e9 + 0.5)
        for row in hourly_bench.server.admin.requests("batch_item")
    )
    assert hourly_bench.poll().ingested == 1
    hourly_bench.check_exact()


def test_a_batch_sent_after_it_was_given_up_is_cancelled_and_what_it_cost_is_booked(
    hourly_bench: Bench,
) -> None:
    create = BatchClient.create

    async def late(client: BatchClient, requests: Mapping[str, MessageRequest]) -> RemoteBatch:
        with StoreBatchLedger(
            hourly_bench.store.database, batch_price(hourly_bench.annotator)
        ) as other:
            (mine,) = await other.open_batches()
            await other.give_up(mine.batch_id, "Given up.", in_doubt=False)
        remote = await create(client, requests)
        hourly_bench.server.admin.advance(HOUR / 2)
        return remote

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchClient, "create", late)
        with pytest.raises(AnnotatorError, match="sent too late"):
            hourly_bench.submit()
    assert (hourly_bench.states(), hourly_bench.held()) == (["canceling"], 0)
    report = hourly_bench.poll()
    assert (report.ingested, hourly_bench.pending()) == (1, 10)
    assert hourly_bench.calls() == {"answered": 2, "given_back": 3}
    hourly_bench.check_exact()
