"""Estimates against sums done by hand, and the size of the prompt that they begin with."""

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code, normalise_text
from facets_pipeline.domain.estimate import (
    Limits,
    Workload,
    case,
    estimate,
    prefix_tokens,
    seconds,
    tokens_of,
    usage_at,
    workload_of,
)
from facets_pipeline.domain.model_facts import ModelFacts
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.prompt import system_prompt
from facets_pipeline.domain.usage import Usage, cost_nano
from facets_pipeline_tests.domain.unpriced import UNPRICED

DOLLAR = 1_000_000_000
TWENTY_THOUSAND = Workload(20_000, 20_000, 3_000, 20_000 * 100, 20_000 * 200)
"""One code a request, 3,000 shared tokens, 100 of its own and 200 of answer."""


def facts_of(name: str) -> ModelFacts:
    return shipped_models().model_facts(name, date(2026, 11, 24))


def dollars(nano: int | None) -> float:
    assert nano is not None
    return nano / DOLLAR


@pytest.mark.parametrize(
    ("model", "plain", "all_hits"),
    [
        ("claude-haiku-5-5", 8.2, 2.8),
        ("claude-sonnet-5-5", 164, 50),
        ("claude-opus-5-5", 328, 100),
    ],
)
def test_twenty_thousand_codes_cost_what_they_cost_by_hand(
    model: str, plain: float, all_hits: float
) -> None:
    facts = facts_of(model)
    assert facts.prices is not None
    one = Usage(3_100, output_tokens=200)
    assert dollars(cost_nano(one, facts)) * 20_000 == pytest.approx(plain)
    assert dollars(cost_nano(one, facts, batch=True)) * 20_000 == pytest.approx(plain / 2)
    cached = case(TWENTY_THOUSAND, facts, Fraction(1), batch=False)
    batch = case(TWENTY_THOUSAND, facts, Fraction(1), batch=True)
    assert dollars(cached.nano) == pytest.approx(all_hits, rel=0.01)
    assert dollars(batch.nano) == pytest.approx(all_hits / 2, rel=0.01)


def test_a_prefix_too_short_for_the_cache_is_input_at_full_price() -> None:
    work = Workload(10, 10, 4_000, 1_000, 330)
    found = estimate(work, facts_of("claude-haiku-4-5"), Limits())
    assert not found.is_cached
    assert {each.usage.input_tokens for each in (found.expected, *found.messages)} == {41_000}
    assert found.expected.nano == 41_000 * 1_000 + 330 * 5_000
    assert found.batches[0].nano == found.expected.nano // 2


def test_misses_are_written_for_five_minutes_by_messages_and_for_an_hour_by_batches() -> None:
    work = Workload(10, 100, 5_000, 4_000, 3_300)
    found = estimate(work, facts_of("claude-sonnet-5-5"), Limits())
    middling = [found.messages[1], found.batches[1]]
    assert [each.usage.cache_read_tokens for each in middling] == [30_000, 30_000]
    assert middling[0].usage.cache_write_5m_tokens == 20_000
    assert middling[1].usage.cache_write_1h_tokens == 20_000
    assert middling[0].nano == 4_000 * 2_000 + 30_000 * 100 + 20_000 * 2_500 + 3_300 * 10_000
    assert middling[1].nano == (4_000 * 2_000 + 30_000 * 100 + 20_000 * 4_000 + 33_000_000) // 2


def test_the_expected_case_writes_the_prefix_once_in_five_minutes() -> None:
    work = Workload(1_000, 10_000, 5_000, 400_000, 330_000)
    # 999 requests at 60 a minute take 999 seconds: one write at first and three more.
    found = estimate(work, facts_of("claude-sonnet-5-5"), Limits(requests_per_minute=60))
    assert found.expected.usage.cache_write_5m_tokens == 4 * 5_000
    assert found.expected.usage.cache_read_tokens == 996 * 5_000
    assert found.message_seconds == pytest.approx(999 + 0.6 + 0.012 * 330)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(), 0),
        (Limits(requests_per_minute=99), 60),
        (Limits(input_tokens_per_minute=2_000), 30 * 60 / 60 * 45),
        (Limits(output_tokens_per_minute=1_000), 6 * 60),
        (Limits(in_flight=11), 9 * (0.6 + 0.012 * 60)),
        (Limits(requests_per_minute=99, output_tokens_per_minute=1_000), 6 * 60),
    ],
)
def test_seconds_are_those_of_the_slowest_limit_and_the_last_reply(
    limits: Limits, expected: float
) -> None:
    # 40,000 of its own and one write of 5,000 count as input: 45,000.
    work = Workload(100, 1_000, 5_000, 40_000, 6_000)
    usage = usage_at(work, Fraction(99, 100), ttl="5m")
    assert usage.limited_tokens == 45_000
    assert seconds(work, usage, limits) == pytest.approx(expected + 0.6 + 0.012 * 60)


def test_nothing_to_ask_costs_nothing_and_takes_no_time() -> None:
    work = workload_of([], codes_per_request=10, thinks=True)
    found = estimate(work, facts_of("claude-sonnet-5-5"), Limits(requests_per_minute=1))
    assert (work.requests, found.expected.nano) == (0, 0)
    assert (found.message_seconds, found.batch_seconds) == (0, 0)


def test_an_unknown_price_leaves_tokens_and_time() -> None:
    found = estimate(TWENTY_THOUSAND, UNPRICED, Limits(requests_per_minute=1_000))
    assert {each.nano for each in (found.expected, *found.messages, *found.batches)} == {None}
    assert found.expected.usage.output_tokens == 4_000_000
    assert found.message_seconds > 1_199


def test_a_long_prompt_is_estimated_at_its_own_prices() -> None:
    work = Workload(2, 2, 100_000, 2_000, 66)
    found = case(work, facts_of("claude-haiku-5-5"), Fraction(0), batch=False)
    assert found.nano == 2_000 * 500 + 200_000 * 625 + 66 * 2_500


def test_workload_of_counts_by_rule_what_was_not_measured() -> None:
    codes = [Code("HCPCS", f"A000{n}", "made up") for n in range(5)]
    work = workload_of(codes, codes_per_request=2, thinks=False)
    assert (work.requests, work.codes, work.output_tokens) == (3, 5, 5 * 33)
    assert work.prefix_tokens == prefix_tokens()
    # <codes>, a bracketed list of {"code": "A0000", "descriptor": "made up"}, </codes>: 102 or 60.
    assert work.question_tokens == 30 + 30 + 18
    thinking = workload_of(codes, codes_per_request=5, thinks=True)
    assert (thinking.thinking_tokens, thinking.output_tokens) == (500, 5 * 133)


def test_workload_of_uses_what_was_measured() -> None:
    codes = [Code("HCPCS", f"A000{n}", "made up") for n in range(5)]
    work = workload_of(
        codes,
        codes_per_request=5,
        thinks=True,
        prefix=6_000,
        output_per_code=20.5,
        thinking_per_code=7,
    )
    assert (work.prefix_tokens, work.output_tokens, work.thinking_tokens) == (6_000, 138, 35)


@settings(deadline=None)
@given(st.text())
def test_tokens_of_a_text_is_one_for_three_and_a_half_characters(text: str) -> None:
    assert 0 <= tokens_of(text) - len(text) / 3.5 < 1


@settings(deadline=None)
@given(st.integers(1, 5_000), st.fractions(0, 1))
def test_every_share_of_hits_leaves_the_same_prompt(requests: int, share: Fraction) -> None:
    work = Workload(requests, requests, 5_000, 40 * requests, 33 * requests)
    for hits in (share, None):
        usage = usage_at(work, hits, ttl="1h")
        assert usage.prompt_tokens == requests * 5_040


def test_the_system_prompt_stays_below_five_thousand_tokens() -> None:
    assert 2_048 < tokens_of(system_prompt()) < 5_000


@pytest.mark.parametrize("read_price", [Fraction(5, 100), Fraction(10, 100)])
def test_a_real_code_takes_at_most_120_tokens_at_the_price_of_input(
    shared_data: Path, read_price: Fraction
) -> None:
    codes = _hcpcs(shared_data / "hcpcs_2026_january.csv")
    assert len(codes) > 8_000
    work = workload_of(codes, codes_per_request=10, thinks=False)
    usage = usage_at(work, Fraction(1), ttl="5m")
    assert (usage.input_tokens + usage.cache_read_tokens * read_price) / len(codes) <= 120


def _hcpcs(path: Path) -> list[Code]:
    system = code_system("HCPCS")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Code(
                system.name,
                row["HCPCS_CODE"],
                normalise_text(row["SHORT_DESCRIPTION"]),
                normalise_text(row["LONG_DESCRIPTION"]),
            )
            for row in csv.DictReader(file)
            if system.is_code(row["HCPCS_CODE"])
        ]
