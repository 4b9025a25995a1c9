"""Usage as it is read from replies, and its cost to the nano-dollar."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.model_facts import ModelFacts
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.usage import Usage, cost_nano, usage_of, worst_case_nano
from facets_pipeline_tests.claude_server import billing
from facets_pipeline_tests.claude_server.catalogue import catalogue
from facets_pipeline_tests.domain.unpriced import UNPRICED

MODELS = st.sampled_from(shipped_models().models)
COUNTS = st.integers(0, 60_000)


def facts_of(name: str) -> ModelFacts:
    return shipped_models().model_facts(name, date(2026, 11, 24))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Draw a usage of any kind whose price can be known."""
    return Usage(
        draw(COUNTS),
        draw(COUNTS),
        draw(COUNTS),
        draw(COUNTS),
        draw(COUNTS),
        service_tier=draw(st.sampled_from(["standard", "batch"])),
        inference_geo=draw(st.sampled_from(["global", "us"])),
    )


def test_usage_of_reads_every_kind_of_token() -> None:
    raw = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
        "cache_read_input_tokens": 4,
        "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 2},
        "service_tier": "batch",
        "inference_geo": "us",
        "speed": "standard",
        "server_tool_use": None,
    }
    usage = usage_of(raw)
    assert usage == Usage(1, 4, 20, 30, 5, 2, "batch", "us")
    assert (usage.prompt_tokens, usage.limited_tokens, usage.is_batch) == (55, 51, True)


@pytest.mark.parametrize(("ttl", "expected"), [("5m", (50, 0)), ("1h", (0, 50))])
def test_usage_of_takes_an_undivided_write_for_the_time_that_was_asked(
    ttl: str, expected: tuple[int, int]
) -> None:
    raw = {"cache_creation_input_tokens": 50, "cache_creation": None, "output_tokens": None}
    usage = usage_of(raw, ttl="1h" if ttl == "1h" else "5m")
    assert (usage.cache_write_5m_tokens, usage.cache_write_1h_tokens) == expected
    assert usage.output_tokens == 0


@pytest.mark.parametrize("count", [-1, "7", 1.5, True])
def test_usage_of_refuses_what_is_not_a_count(count: object) -> None:
    with pytest.raises(AnnotatorError, match="output_tokens"):
        usage_of({"output_tokens": count})


def test_cost_nano_of_each_kind_of_token_is_its_price() -> None:
    haiku = facts_of("claude-haiku-5-5")
    kinds = [Usage(1), Usage(0, 1), Usage(0, 0, 1), Usage(0, 0, 0, 1), Usage(0, 0, 0, 0, 1)]
    assert [cost_nano(usage, haiku) for usage in kinds] == [100, 10, 125, 200, 500]


def test_cost_nano_of_a_batch_is_half_and_never_less_than_the_bill() -> None:
    haiku = facts_of("claude-haiku-5-5")
    assert cost_nano(Usage(100, output_tokens=10), haiku, batch=True) == 7_500
    assert cost_nano(Usage(100, output_tokens=10, service_tier="batch"), haiku) == 7_500
    assert cost_nano(Usage(cache_write_5m_tokens=1), haiku, batch=True) == 63


def test_cost_nano_of_a_long_prompt_is_at_the_higher_prices_as_a_whole() -> None:
    haiku = facts_of("claude-haiku-5-5")
    assert cost_nano(Usage(1_000, 99_000, output_tokens=1), haiku) == 100_000 + 990_000 + 500
    assert cost_nano(Usage(1_001, 99_000, output_tokens=1), haiku) == 500_500 + 4_950_000 + 2_500


@pytest.mark.parametrize("usage", [Usage(1, speed="fast"), Usage(1, service_tier="priority")])
def test_cost_nano_is_unknown_where_the_price_is_by_contract(usage: Usage) -> None:
    assert cost_nano(usage, facts_of("claude-opus-5-5")) is None


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    assert cost_nano(Usage(1), UNPRICED) is None
    assert worst_case_nano(1, 1, UNPRICED) is None


def test_worst_case_nano_takes_all_input_at_its_dearest() -> None:
    sonnet = facts_of("claude-sonnet-5-5")
    assert worst_case_nano(1_000, 100, sonnet) == 1_100 * 2_500 + 1_100 * 1_000
    assert worst_case_nano(1_000, 100, sonnet, batch=True, ttl="1h") == 550 * 4_000 + 550 * 1_000


@settings(deadline=None)
@given(MODELS, usages())
def test_cost_nano_agrees_with_the_bill_of_the_local_server(
    facts: ModelFacts, usage: Usage
) -> None:
    theirs = billing.Usage(
        input=usage.input_tokens,
        write_5m=usage.cache_write_5m_tokens,
        write_1h=usage.cache_write_1h_tokens,
        read=usage.cache_read_tokens,
        output=usage.output_tokens,
    )
    geo = usage.inference_geo
    bill = billing.cost_usd(theirs, catalogue()[facts.id], batch=usage.is_batch, geo=geo)
    ours = cost_nano(usage, facts)
    assert ours is not None
    assert 0 <= ours - bill * Decimal(1_000_000_000) < 1


@settings(deadline=None)
@given(st.sampled_from([m for m in shipped_models().models if m.long_prompt is None]), usages())
def test_cost_nano_is_linear(facts: ModelFacts, usage: Usage) -> None:
    twenty = Usage(
        20 * usage.input_tokens,
        20 * usage.cache_read_tokens,
        20 * usage.cache_write_5m_tokens,
        20 * usage.cache_write_1h_tokens,
        20 * usage.output_tokens,
        service_tier=usage.service_tier,
        inference_geo=usage.inference_geo,
    )
    one, all_of_them = cost_nano(usage, facts), cost_nano(twenty, facts)
    assert one is not None
    assert all_of_them is not None
    # A single cost is rounded up by less than a nano-dollar.
    assert 0 <= 20 * one - all_of_them < 20


@settings(deadline=None)
@given(MODELS, usages(), COUNTS, COUNTS)
def test_worst_case_nano_is_never_below_the_cost(
    facts: ModelFacts, usage: Usage, more_input: int, more_output: int
) -> None:
    worst = worst_case_nano(
        usage.prompt_tokens + more_input,
        usage.output_tokens + more_output,
        facts,
        batch=usage.is_batch,
        ttl="1h",
    )
    cost = cost_nano(usage, facts)
    assert worst is not None
    assert cost is not None
    assert worst >= cost
