"""The client against a strict server: what it sends is accepted, what it reads is what was sent."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.client import MAX_IN_FLIGHT, ClaudeClient
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.wire import Problem, read_answer
from facets_pipeline.engine.calls import NotPaid, Reply
from facets_pipeline_tests.adapters.annotators.claude.asking import (
    CODES,
    HAIKU,
    OPUS,
    SONNET,
    client_of,
    question,
)
from facets_pipeline_tests.adapters.annotators.claude.raw_server import raw_server, reply
from facets_pipeline_tests.claude_server import Fault, RunningServer

pytestmark = pytest.mark.anyio

MESSAGE: dict[str, Any] = {
    "type": "message",
    "content": [{"type": "text", "text": "{}"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


@pytest.mark.parametrize("model", [HAIKU, SONNET, OPUS])
async def test_a_request_is_accepted_and_its_answer_read(client: ClaudeClient, model: str) -> None:
    answer = await client.ask(question(model))
    assert answer.stop_reason == "end_turn"
    assert answer.request_id is not None
    readings = read_answer(answer.text, CODES, stop_reason=answer.stop_reason)
    problems = {reading.problem for reading in readings}
    # The server answers by the schema without minding the codebook's rules.
    assert problems <= {None, Problem.BREAKS_RULES}
    kinds = [block["type"] for block in json.loads(answer.body)["content"]]
    assert kinds == (["thinking", "text"] if model == OPUS else ["text"])


async def test_the_body_is_kept_as_it_was_received() -> None:
    block = '{"type":"text",  "text":"café \\u00e9"}'
    body = f'{{ "content": [{block}],\n"usage":{{}}}}'.encode()
    async with raw_server(reply(body)) as url, client_of(url) as client:
        answer = await client.ask(question())
    assert answer.body == body.decode()
    assert answer.text == "café é"
    assert Reply.of_body(answer.body).text == answer.text


async def test_the_second_question_reads_the_system_prompt_from_the_cache(
    client: ClaudeClient,
) -> None:
    first, second = [await client.ask(question()) for _ in range(2)]
    written = first.usage["cache_creation_input_tokens"]
    assert isinstance(written, int)
    assert written > 3000
    assert second.usage["cache_read_input_tokens"] == written
    assert second.usage["cache_creation_input_tokens"] == 0
    assert second.usage["input_tokens"] == first.usage["input_tokens"]


async def test_the_cache_lives_as_long_as_is_asked(
    client: ClaudeClient, server: RunningServer
) -> None:
    used: dict[str, object] = {}
    for ttl in ("5m", "1h"):
        await client.ask(question(user=f"<codes>[] {ttl}</codes>", cache_ttl=ttl))
        server.admin.advance(1200)
        again = await client.ask(question(user=f"<codes>[] {ttl}</codes>", cache_ttl=ttl))
        used[ttl] = again.usage["cache_read_input_tokens"]
        server.admin.advance(2 * 3600)
    assert used["5m"] == 0
    assert used["1h"] != 0


async def test_the_limits_are_told_with_the_answer(
    client: ClaudeClient, server: RunningServer
) -> None:
    server.admin.change_limits(rpm=6000, itpm=2_000_000)
    limits = (await client.ask(question())).limits
    assert limits["anthropic-ratelimit-requests-limit"] == "6000"
    assert limits["anthropic-ratelimit-input-tokens-limit"] == "2000000"
    assert "content-type" not in limits


@pytest.mark.parametrize("kind", ["overloaded", "rate_limited", "drop_before_reply", "slow"])
async def test_a_call_is_one_request_whatever_goes_wrong(server: RunningServer, kind: str) -> None:
    server.admin.plan(Fault(kind, seconds=1))
    async with client_of(server.base_url, timeout=0.4) as client:
        with pytest.raises(AnnotatorError):
            await client.ask(question())
    server.admin.wait_until_idle()
    assert server.admin.account()["requests"] == 1


@pytest.mark.parametrize("model", [HAIKU, SONNET, OPUS])
async def test_a_count_is_what_the_question_then_uses_and_is_free(
    client: ClaudeClient, server: RunningServer, model: str
) -> None:
    tokens = await client.count_tokens(question(model))
    assert server.admin.account()["cost_usd"] == "0"
    usage = (await client.ask(question(model))).usage
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    assert tokens == sum(int(str(usage[name])) for name in names)


async def test_a_count_that_cannot_be_read_may_be_asked_again() -> None:
    for body in (b"[]", b"{", b"{}"):
        async with raw_server(reply(body)) as url, client_of(url) as client:
            with pytest.raises(NotPaid, match="cannot be read"):
                await client.count_tokens(question())


async def test_every_call_that_may_be_in_flight_is_in_flight_at_once() -> None:
    waiting = 0
    all_there = asyncio.Event()

    async def answer_when_all_are_there(_: str, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == MAX_IN_FLIGHT:
            all_there.set()
        await all_there.wait()
        writer.write(reply(MESSAGE))

    small = question(system="s", schema={"type": "object"})
    async with raw_server(answer_when_all_are_there) as url, client_of(url) as client:
        answers = await asyncio.gather(*(client.ask(small) for _ in range(MAX_IN_FLIGHT)))
    assert len(answers) == MAX_IN_FLIGHT


async def test_the_address_comes_from_the_environment_if_none_is_given(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    async with ClaudeClient(SecretStr(server.api_key)) as client:
        assert (await client.model_info(HAIKU)).id == HAIKU


@pytest.mark.parametrize("key", [None, SecretStr(""), SecretStr(" \n")])
def test_without_a_key_the_remedy_is_said(key: SecretStr | None) -> None:
    with pytest.raises(AnnotatorError, match=r"set ANTHROPIC_API_KEY .* --annotator rules"):
        ClaudeClient(key)


@pytest.mark.parametrize("key", ["sk ant", "sk\nant", "sk\u2013ant", "sk\x00ant"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(AnnotatorError, match="ANTHROPIC_API_KEY") as caught:
        ClaudeClient(SecretStr(key))
    assert key not in str(caught.value)


async def test_a_key_is_used_without_the_line_break_of_its_file(server: RunningServer) -> None:
    async with client_of(server.base_url, key=f" {server.api_key}\n") as client:
        assert await client.count_tokens(question()) > 0


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://host", "http://", "http://h:x"])
async def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(AnnotatorError, match="ANTHROPIC_BASE_URL"):
        async with client_of(address):
            pass


async def test_a_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await client_of("http://127.0.0.1:1").ask(question())
