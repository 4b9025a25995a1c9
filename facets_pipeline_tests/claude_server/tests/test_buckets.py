"""Rate limits: how much is let in, what a refusal says, what the headers tell."""

import asyncio
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import LimitSettings, RunningServer, running_server
from facets_pipeline_tests.claude_server.api_errors import ApiError
from facets_pipeline_tests.claude_server.buckets import LimitBook, PoolLimits, Ramp
from facets_pipeline_tests.claude_server.tests.requests_made import (
    HAIKU,
    SONNET,
    ask,
    ask_raw,
    message,
    open_client,
)


def pool(
    rpm: float | None = None,
    itpm: float | None = None,
    otpm: float | None = None,
    burst_seconds: float = 1,
    ramp: Ramp | None = None,
) -> PoolLimits:
    """Return limits at time 0."""
    return PoolLimits(LimitSettings(rpm, itpm, otpm), burst_seconds, ramp, now=0)


def admitted(limits: PoolLimits, times: list[float], input_tokens: int = 1) -> int:
    """Return how many requests at these times are let in."""
    let_in = 0
    for moment in times:
        try:
            limits.admit(input_tokens, moment)
        except ApiError:
            continue
        let_in += 1
    return let_in


def test_a_minute_lets_in_its_limit_and_the_burst() -> None:
    hammering = [moment / 50 for moment in range(60 * 50)]
    assert admitted(pool(rpm=120), hammering) == 121
    assert admitted(pool(rpm=120, burst_seconds=60), hammering) == 239
    assert admitted(pool(), hammering) == len(hammering)


def test_sixty_a_minute_is_one_a_second() -> None:
    limits = pool(rpm=60)
    assert admitted(limits, [0, 0, 0.5]) == 1
    assert admitted(limits, [1.0, 1.0]) == 1


def test_a_refusal_takes_nothing_and_says_how_long_to_wait() -> None:
    limits = pool(rpm=6)
    limits.admit(1, 0)
    for moment in (1, 2, 3):
        with pytest.raises(ApiError) as caught:
            limits.admit(1, moment)
    assert caught.value.status == 429
    assert caught.value.headers["retry-after"] == "7"
    limits.admit(1, 10)


def test_input_above_the_burst_waits_out_its_debt() -> None:
    limits = pool(itpm=60_000)
    limits.admit(5000, 0)
    with pytest.raises(ApiError, match="input tokens") as caught:
        limits.admit(1000, 1)
    assert caught.value.headers["retry-after"] == "4"
    limits.admit(1000, 5)


def test_output_is_charged_after_the_answer() -> None:
    limits = pool(otpm=6000)
    limits.admit(1, 0)
    limits.admit(1, 0)
    limits.charge_output(1000, 0)
    with pytest.raises(ApiError, match="output tokens"):
        limits.admit(1, 8)
    limits.admit(1, 9.5)


def test_use_may_grow_only_so_fast() -> None:
    limits = pool(rpm=6000, ramp=Ramp(start=60, doubling_seconds=60))
    assert admitted(limits, [moment / 20 for moment in range(200)]) <= 12
    admitted(limits, [10])
    with pytest.raises(ApiError) as caught:
        limits.admit(1, 10)
    assert caught.value.error_code == "ramp_limit_exceeded"
    assert int(caught.value.headers["retry-after"]) >= 1
    # Two minutes on, four times as much is let in.
    for moment in range(10, 120, 30):
        admitted(limits, [float(moment)])
    assert admitted(limits, [120 + moment / 20 for moment in range(200)]) >= 40


def test_a_changed_limit_holds_at_once_and_forgives_nothing() -> None:
    limits = pool(rpm=6000)
    assert admitted(limits, [0.0] * 100) == 100
    limits.change(LimitSettings(rpm=60), now=0)
    assert admitted(limits, [0.0]) == 0
    assert admitted(limits, [1 + moment / 10 for moment in range(100)]) == 10


def test_one_model_s_limit_can_be_changed_alone() -> None:
    book = LimitBook(LimitSettings(rpm=60), 1.0, None)
    book.change(LimitSettings(rpm=600), "one", now=0)
    assert admitted(book.pool("one", 0), [0.0] * 20) == 10
    assert admitted(book.pool("two", 0), [0.0] * 20) == 1


def test_headers_tell_limits_remainders_and_resets() -> None:
    limits = pool(rpm=600, itpm=120_000, otpm=60_000)
    limits.admit(400, 0)
    headers = limits.headers(0)
    assert headers["anthropic-ratelimit-requests-limit"] == "600"
    assert headers["anthropic-ratelimit-requests-remaining"] == "9"
    assert headers["anthropic-ratelimit-input-tokens-limit"] == "120000"
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "2000"
    assert headers["anthropic-ratelimit-output-tokens-remaining"] == "1000"
    assert headers["anthropic-ratelimit-tokens-limit"] in {"120000", "60000"}
    assert headers["anthropic-ratelimit-requests-reset"].startswith("1970-01-01T00:00:00.1")
    assert pool().headers(0) == {}


@pytest.mark.anyio
async def test_a_refused_call_is_a_rate_limit_error_with_headers(
    server: RunningServer, client: AsyncAnthropic
) -> None:
    server.admin.change_limits(rpm=6)
    raw = await ask_raw(client, message())
    assert raw.headers["anthropic-ratelimit-requests-limit"] == "6"
    assert raw.headers["anthropic-ratelimit-requests-remaining"] == "0"
    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(client, message())
    assert caught.value.type == "rate_limit_error"
    assert caught.value.error_code is None
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 10
    assert server.admin.account()["rate_limited"] == 1
    server.admin.advance(10)
    await ask(client, message())


@pytest.mark.anyio
async def test_without_limits_there_are_no_limit_headers(client: AsyncAnthropic) -> None:
    raw = await ask_raw(client, message())
    assert not [name for name in raw.headers if name.startswith("anthropic-ratelimit")]


@pytest.mark.anyio
async def test_models_are_limited_apart_and_old_families_together(
    server: RunningServer, client: AsyncAnthropic
) -> None:
    server.admin.change_limits(rpm=1)
    await ask(client, message(model=HAIKU))
    await ask(client, message(model=SONNET, thinking=None))
    await ask(client, message(model="claude-opus-4-8", thinking=None))
    with pytest.raises(anthropic.RateLimitError):
        await ask(client, message(model="claude-opus-4-6", thinking=None))


@pytest.mark.anyio
async def test_cache_reads_do_not_count_as_input(
    server: RunningServer, client: AsyncAnthropic
) -> None:
    marker = {"type": "ephemeral"}
    system = [{"type": "text", "text": f"{'limits':<35000}", "cache_control": marker}]
    await ask(client, message(system=system))
    server.admin.change_limits(itpm=60_000)
    for _ in range(3):
        await ask(client, message(system=system))
    server.admin.advance(60)
    uncached = message(system=f"{'no cache':<35000}")
    await ask(client, uncached)
    with pytest.raises(anthropic.RateLimitError, match="input tokens"):
        await ask(client, uncached)


@pytest.mark.anyio
async def test_counts_and_batches_have_limits_of_their_own() -> None:
    with running_server(count_rpm=1, batch_rpm=1) as server:
        async with open_client(server) as client:
            body: dict[str, Any] = {"model": HAIKU, "messages": message()["messages"]}
            await client.messages.count_tokens(**body)
            with pytest.raises(anthropic.RateLimitError):
                await client.messages.count_tokens(**body)
            await client.messages.batches.list()
            with pytest.raises(anthropic.RateLimitError):
                await client.messages.batches.list()
            await asyncio.gather(*(ask(client, message()) for _ in range(5)))
