"""The life of a batch, seen through the client library."""

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.claude_server.tests.batches_made import requests, results
from facets_pipeline_tests.claude_server.tests.requests_made import (
    SONNET,
    answers_of,
    ask,
    message,
    open_client,
)

pytestmark = pytest.mark.anyio

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
async def slow_server() -> AsyncGenerator[RunningServer]:
    """A server that takes ten hours for a batch; tests move its clock."""
    with running_server(batch_seconds=10 * HOUR) as one:
        yield one


@pytest.fixture
async def slow_client(slow_server: RunningServer) -> AsyncGenerator[AsyncAnthropic]:
    """A client of the server that takes ten hours."""
    async with open_client(slow_server) as one:
        yield one


async def test_a_batch_is_answered_at_half_the_price(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    codes = [f"J01{place:02d}" for place in range(30)]
    created = await client.messages.batches.create(
        requests=requests(codes, model=SONNET, thinking=None)
    )
    assert (created.processing_status, created.results_url) == ("in_progress", None)
    assert created.request_counts.processing == 30
    ended = await client.messages.batches.retrieve(created.id)
    assert ended.processing_status == "ended"
    assert (ended.request_counts.succeeded, ended.request_counts.processing) == (30, 0)

    stream = await client.messages.batches.results(created.id)
    lines = [line async for line in stream]
    assert sorted(line.custom_id for line in lines) == codes
    assert [line.custom_id for line in lines] != codes
    expected = Decimal(0)
    for line in lines:
        assert line.result.type == "succeeded"
        (answer,) = answers_of(line.result.message)
        assert answer["code"] == line.custom_id
        usage = line.result.message.usage
        assert usage.service_tier == "batch"
        expected += (usage.input_tokens * 2 + usage.output_tokens * 10) / Decimal(2_000_000)
    assert server.admin.cost_usd() == expected
    assert server.admin.account()["batch_items"] == 30


async def test_nothing_is_told_or_billed_before_a_batch_has_ended(
    slow_client: AsyncAnthropic, slow_server: RunningServer
) -> None:
    batch = await slow_client.messages.batches.create(requests=requests(["J0120", "J0121"]))
    slow_server.admin.advance(9 * HOUR)
    seen = await slow_client.messages.batches.retrieve(batch.id)
    assert (seen.processing_status, seen.request_counts.processing) == ("in_progress", 2)
    with pytest.raises(anthropic.AnthropicError, match="results_url"):
        await slow_client.messages.batches.results(batch.id)
    with pytest.raises(anthropic.BadRequestError):
        await slow_client.messages.batches.delete(batch.id)
    assert slow_server.admin.account()["paid_calls"] == 0
    slow_server.admin.advance(HOUR)
    assert slow_server.admin.account()["paid_calls"] == 2
    assert len(await results(slow_client, batch.id)) == 2


async def test_a_canceled_batch_keeps_and_bills_what_was_processed(
    slow_client: AsyncAnthropic, slow_server: RunningServer
) -> None:
    codes = [f"J01{place:02d}" for place in range(10)]
    batch = await slow_client.messages.batches.create(requests=requests(codes))
    slow_server.admin.advance(4 * HOUR)
    canceling = await slow_client.messages.batches.cancel(batch.id)
    assert canceling.processing_status == "canceling"
    assert canceling.cancel_initiated_at is not None
    ended = await slow_client.messages.batches.retrieve(batch.id)
    assert ended.processing_status == "ended"
    assert (ended.request_counts.succeeded, ended.request_counts.canceled) == (4, 6)
    kinds = [one.type for one in (await results(slow_client, batch.id)).values()]
    assert (kinds.count("succeeded"), kinds.count("canceled")) == (4, 6)
    assert slow_server.admin.account()["paid_calls"] == 4
    with pytest.raises(anthropic.BadRequestError):
        await slow_client.messages.batches.cancel(batch.id)


async def test_a_batch_that_takes_too_long_expires() -> None:
    with running_server(batch_seconds=4 * DAY) as server:
        async with open_client(server) as client:
            codes = [f"J01{place:02d}" for place in range(8)]
            batch = await client.messages.batches.create(requests=requests(codes))
            server.admin.advance(DAY)
            ended = await client.messages.batches.retrieve(batch.id)
            assert (ended.request_counts.succeeded, ended.request_counts.expired) == (2, 6)
            assert ended.ended_at == ended.expires_at
            assert server.admin.account()["paid_calls"] == 2


async def test_results_are_gone_after_29_days(slow_server: RunningServer) -> None:
    async with open_client(slow_server) as client:
        batch = await client.messages.batches.create(requests=requests(["J0120"]))
        slow_server.admin.advance(29 * DAY - HOUR)
        assert await results(client, batch.id)
        slow_server.admin.advance(2 * HOUR)
        assert (await client.messages.batches.retrieve(batch.id)).archived_at is not None
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.batches.results(batch.id)


async def test_a_bad_request_is_errored_later_and_alone(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    made = [
        *requests(["J0120"]),
        *requests(["J0121"], temperature=0),
        *requests(["J0122"], model="claude-3-haiku-20240307", thinking=None),
        *requests(["J0123"], messages=[]),
    ]
    batch = await client.messages.batches.create(requests=made)
    by_id = await results(client, batch.id)
    assert by_id["J0120"].type == "succeeded"
    assert by_id["J0121"].error.error.type == "invalid_request_error"
    assert by_id["J0121"].error.error.message == "temperature: Extra inputs are not permitted"
    assert by_id["J0122"].error.error.type == "not_found_error"
    assert by_id["J0123"].type == "errored"
    assert server.admin.account()["paid_calls"] == 1


@pytest.mark.parametrize(
    "made",
    [
        [],
        [{"custom_id": "a"}],
        [{"params": message()}],
        [{"custom_id": "a b", "params": message()}],
        [{"custom_id": "a" * 65, "params": message()}],
        [{"custom_id": "", "params": message()}],
        [{"custom_id": "a", "params": message()}] * 2,
        [{"custom_id": "a", "params": message(), "priority": 1}],
        [{"custom_id": "a", "params": message(stream=True)}],
        [{"custom_id": "a", "params": message(speed="fast")}],
        [{"custom_id": "a", "params": message(max_tokens=0)}],
    ],
    ids=[
        *("empty", "no_params", "no_id", "space", "long", "no_text", "twice", "field"),
        *("stream", "speed", "prewarm"),
    ],
)
async def test_a_batch_that_is_wrong_as_a_whole_is_refused(
    client: AsyncAnthropic,
    server: RunningServer,
    made: Any,  # noqa: ANN401
) -> None:
    before = len(server.admin.batches())
    with pytest.raises(anthropic.BadRequestError) as caught:
        await client.messages.batches.create(requests=made)
    assert caught.value.type == "invalid_request_error"
    assert len(server.admin.batches()) == before


async def test_limits_of_size_and_of_the_queue() -> None:
    with running_server(
        max_batch_requests=3, batch_queue=4, max_batch_bytes=20_000, batch_seconds=HOUR
    ) as server:
        async with open_client(server) as client:
            create = client.messages.batches.create
            with pytest.raises(anthropic.BadRequestError, match="at most 3"):
                await create(requests=requests(["J1", "J2", "J3", "J4"]))
            with pytest.raises(anthropic.ContentTooLargeError):
                await create(requests=requests(["J1"], system="x" * 20_000))
            await create(requests=requests(["J1", "J2", "J3"]))
            with pytest.raises(anthropic.RateLimitError):
                await create(requests=requests(["J4", "J5"]))
            server.admin.advance(HOUR)
            await create(requests=requests(["J4", "J5"]))


async def test_batches_are_listed_by_pages_both_ways(slow_client: AsyncAnthropic) -> None:
    batches = slow_client.messages.batches
    made = [(await batches.create(requests=requests(["J0120"]))).id for _ in range(7)]
    newest_first = made[::-1]
    assert [one.id async for one in batches.list(limit=3)] == newest_first
    page = await batches.list(limit=2, before_id=newest_first[4])
    assert [one.id for one in page.data] == newest_first[2:4]
    assert page.has_more
    assert [one.id async for one in batches.list(limit=2, after_id=newest_first[3])] == made[2::-1]
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after_id": "msgbatch_nothing"}):
        with pytest.raises(anthropic.BadRequestError):
            await batches.list(**wrong)  # pyright: ignore[reportArgumentType]


async def test_a_deleted_batch_is_gone(client: AsyncAnthropic) -> None:
    batch = await client.messages.batches.create(requests=requests(["J0120"]))
    deleted = await client.messages.batches.delete(batch.id)
    assert (deleted.id, deleted.type) == (batch.id, "message_batch_deleted")
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.batches.retrieve(batch.id)


async def test_most_requests_of_a_batch_find_the_cache_but_not_all(
    client: AsyncAnthropic,
) -> None:
    marker = {"type": "ephemeral", "ttl": "1h"}
    system = [{"type": "text", "text": f"{'batch':<7000}", "cache_control": marker}]
    codes = [f"J{place:04d}" for place in range(100)]
    batch = await client.messages.batches.create(requests=requests(codes, system=system))
    usages = [one.message.usage for one in (await results(client, batch.id)).values()]
    hits = sum(usage.cache_read_input_tokens > 0 for usage in usages)
    assert 70 <= hits < 99


async def test_a_large_batch_leaves_the_server_answering(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    codes = [f"J{place:04d}" for place in range(3000)]
    batch = await client.messages.batches.create(requests=requests(codes))
    ended, answer = await asyncio.gather(
        client.messages.batches.retrieve(batch.id), ask(client, message())
    )
    assert ended.request_counts.succeeded == 3000
    assert answer.stop_reason == "end_turn"
    assert server.admin.account()["paid_more_than_once"] == 1
