"""Prompt caching: what is written, what is read, for how long, and what parallel calls pay."""

import asyncio
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.claude_server.api_errors import ApiError
from facets_pipeline_tests.claude_server.cache import PromptCache
from facets_pipeline_tests.claude_server.prompt import count_tokens, tokenise
from facets_pipeline_tests.claude_server.request_shape import read_message
from facets_pipeline_tests.claude_server.tests.requests_made import (
    HAIKU,
    answer_schema,
    ask,
    message,
    open_client,
    plain,
)

pytestmark = pytest.mark.anyio


def block(text: str, ttl: str | None = None) -> dict[str, Any]:
    """Return a text block, with a cache breakpoint if it has a time to live."""
    marker = {"cache_control": {"type": "ephemeral", "ttl": ttl}} if ttl else {}
    return {"type": "text", "text": text, **marker}


def codebook(name: str, ttl: str | None = "5m", characters: int = 7000) -> list[dict[str, Any]]:
    """Return a system prompt of 2,000 tokens that no other test has."""
    return [block(f"{name:<{characters}}", ttl)]


@pytest.mark.parametrize(("ttl", "kind"), [("5m", "ephemeral_5m"), ("1h", "ephemeral_1h")])
async def test_the_first_call_writes_and_the_next_reads(
    client: AsyncAnthropic, ttl: str, kind: str
) -> None:
    body = plain(system=codebook(f"first {ttl}", ttl))
    first = (await ask(client, body)).usage
    second = (await ask(client, body)).usage
    assert first.cache_creation_input_tokens == 2000
    assert first.cache_creation is not None
    assert getattr(first.cache_creation, f"{kind}_input_tokens") == 2000
    assert first.cache_read_input_tokens == 0
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 2000)
    assert first.input_tokens == second.input_tokens == count_tokens(7005) - 2000


async def test_a_changed_format_or_model_does_not_find_the_entry(client: AsyncAnthropic) -> None:
    body = message(system=codebook("changes"))
    await ask(client, body)
    schema = answer_schema()
    schema["description"] = "another"
    other = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    for changed in (body | other, body | {"model": "claude-sonnet-5"}):
        usage = (await ask(client, changed)).usage
        assert usage.cache_read_input_tokens == 0
        assert usage.cache_creation_input_tokens


async def test_a_prefix_below_the_model_s_minimum_is_silently_not_cached(
    client: AsyncAnthropic,
) -> None:
    body = plain(system=codebook("short", characters=1700))
    for _ in range(2):
        usage = (await ask(client, body)).usage
        assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)


async def test_parallel_cold_calls_each_pay_for_writing() -> None:
    with running_server(latency_seconds=0.3) as server:
        async with open_client(server) as client:
            body = plain(system=codebook("parallel"))
            answers = await asyncio.gather(*(ask(client, body) for _ in range(5)))
            late = await ask(client, body)
    assert [one.usage.cache_creation_input_tokens for one in answers] == [2000] * 5
    assert late.usage.cache_read_input_tokens == 2000


@pytest.mark.parametrize(("ttl", "seconds"), [("5m", 300), ("1h", 3600)])
def test_an_entry_lives_as_long_as_it_is_read(ttl: str, seconds: int) -> None:
    cache = PromptCache()
    prompt = tokenise(read_message(plain(system=codebook("life", ttl))), HAIKU)
    cache.store(prompt, 512, now=0, usable_from=0)
    assert cache.look(prompt, 512, now=seconds - 1).read == 2000
    cache.store(prompt, 512, now=seconds - 1, usable_from=seconds - 1)
    assert cache.look(prompt, 512, now=2 * seconds - 2).read == 2000
    assert cache.look(prompt, 512, now=2 * seconds).read == 0


def test_two_breakpoints_bill_each_part_at_its_own_life() -> None:
    cache = PromptCache()
    system = [block("a" * 7000, "1h"), block("b" * 3500, "5m")]
    prompt = tokenise(read_message(plain("c" * 35, system=system)), HAIKU)
    use = cache.look(prompt, 512, now=0)
    assert (use.write_1h, use.write_5m, use.uncached, use.read) == (2000, 1000, 10, 0)
    cache.store(prompt, 512, now=0, usable_from=0)
    longer = [*system[:1], block("d" * 3500, "5m")]
    changed = tokenise(read_message(plain("c" * 35, system=longer)), HAIKU)
    use = cache.look(changed, 512, now=1)
    assert (use.read, use.write_1h, use.write_5m, use.uncached) == (2000, 0, 1000, 10)


@pytest.mark.parametrize(("between", "read"), [(10, 2000), (30, 0)])
def test_an_earlier_entry_is_looked_for_twenty_blocks_back(between: int, read: int) -> None:
    cache = PromptCache()
    first = [block("a" * 7000, "5m")]
    cache.store(tokenise(read_message(plain(system=first)), HAIKU), 512, now=0, usable_from=0)
    grown = [block("a" * 7000), *(block("x") for _ in range(between)), block("y", "5m")]
    prompt = tokenise(read_message(plain(system=grown)), HAIKU)
    assert cache.look(prompt, 512, now=1).read == read


def test_more_than_four_breakpoints_are_refused() -> None:
    four = [block("x", "5m") for _ in range(4)]
    tokenise(read_message(plain(system=four)), HAIKU)
    with pytest.raises(ApiError, match="maximum of 4"):
        tokenise(read_message(plain(system=[*four, block("x", "5m")])), HAIKU)


async def test_a_long_life_after_a_short_one_is_refused(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="must not come after"):
        await ask(client, plain(system=[block("x", "5m"), block("y", "1h")]))


async def test_no_output_wanted_warms_the_cache(client: AsyncAnthropic) -> None:
    body = plain(system=codebook("warm"))
    warm = await ask(client, body | {"max_tokens": 0})
    assert (warm.content, warm.usage.output_tokens, warm.stop_reason) == ([], 0, "max_tokens")
    assert (await ask(client, body)).usage.cache_read_input_tokens == 2000


async def test_counted_tokens_are_the_tokens_of_the_prompt(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    body = message(system=codebook("count"))
    counted = await client.messages.count_tokens(
        **{name: value for name, value in body.items() if name != "max_tokens"}
    )
    usage = (await ask(client, body)).usage
    total = usage.input_tokens + (usage.cache_creation_input_tokens or 0)
    assert counted.input_tokens == total
    assert server.admin.account()["paid_calls"] == 1
