"""A model is checked before the first question: by what the API says, not by a table of ours."""

from dataclasses import replace

import pytest

from facets_pipeline.adapters.annotators.claude.capabilities import ModelInfo, check_model
from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.domain.request_plan import RequestPlan
from facets_pipeline.engine.calls import Stop
from facets_pipeline_tests.adapters.annotators.claude.asking import (
    HAIKU,
    OPUS,
    SONNET,
    client_of,
    plan,
)
from facets_pipeline_tests.adapters.annotators.claude.raw_server import raw_server, reply

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("model", [HAIKU, SONNET, OPUS])
async def test_the_default_plan_suits_the_model(client: ClaudeClient, model: str) -> None:
    info = await client.model_info(model)
    assert check_model(info, plan(model)) == []
    assert info.max_tokens is not None
    assert info.max_tokens >= plan(model).max_tokens(50)


async def test_a_retired_model_stops_with_the_current_ones(client: ClaudeClient) -> None:
    info = await client.model_info("claude-3-haiku-20240307")
    retired = replace(plan(), model=info.id, effort=None, thinking=None)
    with pytest.raises(Stop, match=rf"retired on 2026-04-20 .* --model, as .*{HAIKU}"):
        check_model(info, retired)


async def test_a_deprecated_model_is_warned_of(client: ClaudeClient) -> None:
    info = await client.model_info("claude-sonnet-4-5")
    warnings = check_model(info, plan("claude-sonnet-4-5"))
    assert len(warnings) == 1
    assert "will be retired on 2026-11-30" in warnings[0]


async def test_an_unknown_model_stops(client: ClaudeClient) -> None:
    with pytest.raises(Stop, match="no model 'claude-nonsense'"):
        await client.model_info("claude-nonsense")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"effort": "enormous"}, None),
        ({"thinking": {"type": "between_tools"}}, "it takes adaptive, disabled"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "it takes adaptive, disabled"),
    ],
)
async def test_a_plan_that_the_model_does_not_take_stops(
    client: ClaudeClient, change: dict[str, object], words: str | None
) -> None:
    info = await client.model_info(HAIKU)
    changed: RequestPlan = replace(plan(), **change)  # pyright: ignore[reportArgumentType]
    if words is None:
        # A level that the API does not list is not refused here: the first request will tell.
        assert check_model(info, changed) == []
        return
    with pytest.raises(Stop, match=words):
        check_model(info, changed)


async def test_an_effort_that_the_model_lacks_stops_with_those_it_has(
    client: ClaudeClient,
) -> None:
    older = await client.model_info("claude-opus-4-5")
    with pytest.raises(Stop, match="'max': choose one of low, medium, high"):
        check_model(older, replace(plan("claude-opus-4-5"), effort="max"))
    none = await client.model_info("claude-haiku-4-5")
    with pytest.raises(Stop, match="set none"):
        check_model(none, replace(plan("claude-haiku-4-5"), effort="low"))


def test_a_model_without_answers_by_a_schema_stops() -> None:
    lacking = {"structured_outputs": {"supported": False}}
    with pytest.raises(Stop, match="cannot answer by a schema"):
        check_model(ModelInfo(HAIKU, "active", capabilities=lacking), plan())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": None, "lifecycle": 3, "max_tokens": "many", "capabilities": []},
        {"capabilities": {"effort": None, "thinking": {"types": None}, "structured_outputs": {}}},
        {"lifecycle": "resting", "capabilities": {"effort": {"supported": "yes", "low": []}}},
    ],
)
async def test_what_the_api_does_not_say_is_not_held_against_a_model(
    document: dict[str, object],
) -> None:
    async with raw_server(reply(document)) as url, client_of(url) as client:
        info = await client.model_info(HAIKU)
    assert info.id == HAIKU
    assert info.max_tokens is None
    assert check_model(info, plan()) == []


async def test_levels_and_kinds_are_listed_as_the_api_says(client: ClaudeClient) -> None:
    info = await client.model_info("claude-opus-4-5")
    assert set(info.efforts) == {"low", "medium", "high"}
    assert set(info.thinking) == {"enabled", "disabled"}
