"""Which fields a request may and must have; refusals read as the API's own."""

from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server.tests.requests_made import OPUS, message, plain

pytestmark = pytest.mark.anyio


async def refusal(client: AsyncAnthropic, body: dict[str, Any]) -> str:
    """Return the message with which a body is refused with 400."""
    with pytest.raises(anthropic.BadRequestError) as caught:
        await client.post("/v1/messages", cast_to=object, body=body)
    assert caught.value.type == "invalid_request_error"
    return str(caught.value.api_message)


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k", "seed", "output_format"])
async def test_unknown_fields_are_refused(client: AsyncAnthropic, field: str) -> None:
    said = await refusal(client, {**message(), field: 1})
    assert said == f"{field}: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"metadata": {"user": "x"}}, "metadata.user"),
        ({"output_config": {"efforts": "low"}}, "output_config.efforts"),
        ({"thinking": {"type": "adaptive", "budget": 1}}, "thinking.adaptive.budget"),
        (
            {"messages": [{"role": "user", "content": "x", "name": "y"}]},
            "messages.0.name",
        ),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "forever"}}]},
            "system.0.cache_control.type",
        ),
        (
            {
                "system": [
                    {
                        "type": "text",
                        "text": "x",
                        "cache_control": {"type": "ephemeral", "ttl": "2h"},
                    }
                ]
            },
            "system.0.cache_control.ttl",
        ),
        ({"messages": [{"role": "critic", "content": "x"}]}, "messages.0.role"),
        ({"messages": []}, "messages"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"output_config": {"effort": "extreme"}}, "output_config.effort"),
        ({"inference_geo": "mars"}, "inference_geo"),
    ],
)
async def test_wrong_fields_are_refused_with_their_place(
    client: AsyncAnthropic, changes: dict[str, Any], place: str
) -> None:
    assert (await refusal(client, {**message(), **changes})).startswith(f"{place}: ")


@pytest.mark.parametrize("field", ["model", "messages", "max_tokens"])
async def test_required_fields_are_required(client: AsyncAnthropic, field: str) -> None:
    body = message()
    del body[field]
    assert await refusal(client, body) == f"{field}: Field required"


@pytest.mark.parametrize(
    "body",
    [
        plain(""),
        plain("   "),
        plain(stream=True),
        plain(speed="fast"),
        plain(max_tokens=10_000_000),
        plain(stop_sequences=[" "]),
        plain(system=[{"type": "text", "text": ""}]),
        message(max_tokens=0),
    ],
    ids=["empty", "blank", "stream", "fast", "max_tokens", "stop", "system", "prewarm_with_format"],
)
async def test_values_that_cannot_be_served_are_refused(
    client: AsyncAnthropic, body: dict[str, Any]
) -> None:
    assert await refusal(client, body)


async def test_an_answer_cannot_be_begun_for_a_new_model(client: AsyncAnthropic) -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]
    assert "prefill" in await refusal(
        client, plain(model=OPUS, thinking=None) | {"messages": turns}
    )


async def test_an_answer_may_be_begun_for_an_old_model(client: AsyncAnthropic) -> None:
    turns: Any = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]
    answer = await client.messages.create(model="claude-haiku-4-5", max_tokens=100, messages=turns)
    assert answer.model == "claude-haiku-4-5-20251001"


async def test_a_prompt_longer_than_the_context_is_refused(client: AsyncAnthropic) -> None:
    body = plain("x" * 800_000, model="claude-haiku-4-5", thinking=None)
    assert (await refusal(client, body)).startswith("prompt is too long")
