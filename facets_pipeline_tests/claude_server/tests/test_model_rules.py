"""Thinking, effort, tools and life of each model, as its public pages state them."""

from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server.tests.requests_made import (
    HAIKU,
    OPUS,
    SONNET,
    ask,
    message,
    plain,
)

pytestmark = pytest.mark.anyio

ENABLED: dict[str, Any] = {"type": "enabled", "budget_tokens": 1024}
DISABLED: dict[str, Any] = {"type": "disabled"}
BETWEEN: dict[str, Any] = {"type": "between_tools"}
ADAPTIVE: dict[str, Any] = {"type": "adaptive"}
TOOL: dict[str, Any] = {"name": "note", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        (HAIKU, ENABLED, None),
        (HAIKU, BETWEEN, None),
        (HAIKU, DISABLED, "xhigh"),
        (SONNET, ENABLED, None),
        (SONNET, DISABLED, None),
        (SONNET, BETWEEN, "max"),
        (OPUS, ENABLED, None),
        (OPUS, DISABLED, None),
        (OPUS, BETWEEN, None),
        ("claude-haiku-4-5", ADAPTIVE, None),
        ("claude-haiku-4-5", DISABLED, "low"),
        ("claude-opus-4-5", DISABLED, "max"),
    ],
)
async def test_thinking_and_effort_that_a_model_rejects(
    client: AsyncAnthropic, model: str, thinking: dict[str, Any], effort: str | None
) -> None:
    config = {"effort": effort} if effort else None
    body = {**plain(), "model": model, "thinking": thinking, "output_config": config}
    with pytest.raises(anthropic.BadRequestError):
        await client.post("/v1/messages", cast_to=object, body=body)


@pytest.mark.parametrize(
    ("model", "thinking", "effort", "thinks"),
    [
        (HAIKU, None, None, True),
        (HAIKU, DISABLED, "high", False),
        (HAIKU, ADAPTIVE, "max", True),
        (SONNET, None, None, True),
        (SONNET, BETWEEN, "high", False),
        (OPUS, None, "low", True),
        ("claude-opus-4-8", None, None, False),
        ("claude-sonnet-4-6", ENABLED, None, True),
    ],
)
async def test_thinking_is_on_where_it_is_not_turned_off(
    client: AsyncAnthropic,
    model: str,
    thinking: dict[str, Any] | None,
    effort: str | None,
    *,
    thinks: bool,
) -> None:
    config = {"effort": effort} if effort else None
    body = {**plain(), "model": model, "thinking": thinking, "output_config": config}
    answer: Any = await ask(client, {k: v for k, v in body.items() if v is not None})
    assert (answer.content[0].type == "thinking") is thinks
    assert answer.content[-1].type == "text"
    thought = answer.usage.output_tokens_details.thinking_tokens
    assert (thought > 0) is thinks
    assert answer.usage.output_tokens > thought


async def test_more_effort_is_more_output(client: AsyncAnthropic) -> None:
    used: list[int] = []
    for effort in ("low", "medium", "high", "xhigh", "max"):
        body = plain(thinking=None) | {"output_config": {"effort": effort}}
        used.append((await ask(client, body)).usage.output_tokens)
    assert used == sorted(set(used))


@pytest.mark.parametrize("model", [SONNET, OPUS, "claude-fable-5-1"])
@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "note"}])
async def test_forced_tools_are_refused_by_the_models_that_do(
    client: AsyncAnthropic, model: str, choice: dict[str, Any]
) -> None:
    body = plain(model=model, thinking=None, tools=[TOOL], tool_choice=choice)
    with pytest.raises(anthropic.BadRequestError, match="tool_choice"):
        await ask(client, body)
    await ask(client, {**body, "tool_choice": {"type": "auto"}})


@pytest.mark.parametrize(
    "model", ["claude-3-5-sonnet-20241022", "claude-3-haiku-20240307", "claude-opus-9", "gpt-4"]
)
async def test_retired_and_unknown_models_are_not_found(client: AsyncAnthropic, model: str) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        await ask(client, message(model=model, thinking=None))
    assert caught.value.type == "not_found_error"
    assert model in str(caught.value.api_message)


async def test_models_tell_their_life_and_what_they_can(client: AsyncAnthropic) -> None:
    haiku = await client.models.retrieve(HAIKU)
    retired = await client.models.retrieve("claude-3-haiku-20240307")
    deprecated = await client.models.retrieve("claude-sonnet-4-5")
    assert (haiku.lifecycle, retired.lifecycle) == ("active", "retired")
    assert deprecated.id == "claude-sonnet-4-5-20250929"
    assert deprecated.retires_at is not None
    assert haiku.capabilities is not None
    assert haiku.capabilities.batch.supported
    assert haiku.capabilities.structured_outputs.supported
    assert haiku.capabilities.thinking.types.disabled.supported
    assert not haiku.capabilities.thinking.types.enabled.supported
    assert haiku.max_tokens


async def test_models_are_listed_by_pages_without_the_retired(client: AsyncAnthropic) -> None:
    listed = [model async for model in client.models.list(limit=3)]
    assert len({model.id for model in listed}) == len(listed) > 3
    assert {model.lifecycle for model in listed} == {"active", "deprecated"}
    retired = [model async for model in client.models.list(lifecycle=["retired"])]
    assert "claude-3-haiku-20240307" in {model.id for model in retired}


async def test_an_unknown_model_cannot_be_retrieved(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        await client.models.retrieve("claude-opus-9")
