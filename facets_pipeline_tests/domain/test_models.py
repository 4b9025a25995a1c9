"""What is known of models, and that the table of the local Claude API server says the same."""

import json
from datetime import date
from decimal import Decimal

import pytest

from facets_pipeline.domain.errors import AnnotatorError, SettingsError
from facets_pipeline.domain.model_facts import ModelFacts
from facets_pipeline.domain.models import (
    DEFAULT_MODEL,
    shipped_models,
    with_own_prices,
)
from facets_pipeline_tests.claude_server.catalogue import catalogue

DAY = date(2026, 11, 24)
TABLE = shipped_models()
EVERY_MODEL = pytest.mark.parametrize("facts", TABLE.models, ids=lambda facts: facts.id)


def test_the_default_model_is_a_current_one() -> None:
    assert TABLE.model_facts(DEFAULT_MODEL, DAY).status == "current"


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("claude-3-5-sonnet-20241022", "was retired on 2025-10-28"),
        ("claude-3-haiku-20240307", "was retired on 2026-04-20"),
        ("claude-mythos-preview", "was retired on 2026-06-30"),
        ("claude-opus-4-1", "is retired"),
    ],
)
def test_a_retired_model_is_refused_with_the_current_ones(name: str, since: str) -> None:
    with pytest.raises(AnnotatorError, match=f"{name}' {since} .*claude-sonnet-5-5") as caught:
        TABLE.refuse_retired(name, DAY)
    assert "opus-4-8" not in str(caught.value)


def test_a_model_is_refused_from_its_last_day_on() -> None:
    TABLE.refuse_retired("claude-sonnet-4-5", date(2026, 11, 29))
    with pytest.raises(AnnotatorError, match="2026-11-30"):
        TABLE.refuse_retired("claude-sonnet-4-5", date(2026, 11, 30))


def test_an_unknown_model_is_not_retired_but_has_no_facts() -> None:
    TABLE.refuse_retired("claude-new-9", DAY)
    assert TABLE.known_model("claude-new-9") is None
    with pytest.raises(AnnotatorError, match=r"'claude-new-9' is not known.*claude-haiku-5-5"):
        TABLE.model_facts("claude-new-9", DAY)


def test_an_alias_has_the_facts_of_its_model() -> None:
    assert TABLE.model_facts("claude-haiku-4-5", DAY).id == "claude-haiku-4-5-20251001"


def test_no_name_stands_for_two_models() -> None:
    names = [name for facts in TABLE.models for name in (facts.id, *facts.aliases)]
    names += [name for gone in TABLE.retired for name in (gone.id, *gone.aliases)]
    assert len(names) == len(set(names))


@EVERY_MODEL
def test_every_model_has_prices_with_a_date_and_a_source(facts: ModelFacts) -> None:
    assert facts.prices is not None
    assert facts.as_of is not None
    assert facts.as_of <= DAY
    assert facts.source


@EVERY_MODEL
def test_the_table_agrees_with_the_one_of_the_local_server(facts: ModelFacts) -> None:
    theirs = catalogue()[facts.id]
    prices = facts.prices
    assert prices is not None
    assert (prices.input, prices.output) == (theirs.prices.input, theirs.prices.output)
    assert prices.cache_write_5m == theirs.prices.write_5m
    assert prices.cache_write_1h == theirs.prices.write_1h
    assert prices.cache_read == theirs.prices.read
    assert set(facts.efforts) == set(theirs.efforts)
    assert facts.default_effort == theirs.default_effort
    assert set(facts.thinking) == set(theirs.thinking)
    assert facts.thinks_by_default == theirs.thinks_by_default
    assert set(facts.thinking_off_efforts) == set(theirs.off_efforts)
    assert facts.max_output_tokens == theirs.max_output
    assert facts.min_cacheable_tokens in {None, theirs.min_cacheable}
    assert all(catalogue()[alias].id == facts.id for alias in facts.aliases)


def test_a_long_prompt_has_its_own_prices() -> None:
    facts = TABLE.model_facts("claude-haiku-5-5", DAY)
    below, above = facts.prices_at(100_000), facts.prices_at(100_001)
    assert below is not None
    assert above is not None
    assert (below.input, above.input) == (Decimal("0.10"), Decimal("0.50"))


def test_a_prefix_is_cached_from_the_least_length_on_and_never_where_that_is_unknown() -> None:
    facts = TABLE.model_facts("claude-opus-4-7", DAY)
    assert not facts.caches(2_047)
    assert facts.caches(2_048)
    assert not TABLE.model_facts("claude-fable-5-2", DAY).caches(100_000)


def test_own_prices_replace_those_of_a_known_model_and_leave_the_rest() -> None:
    names = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
    entry = {"id": "claude-opus-5-5", "prices": dict.fromkeys(names, 0.1), "source": "contract"}
    table = with_own_prices(json.dumps({"models": [entry]}), "prices.json")
    facts = table.model_facts("claude-opus-5-5", DAY)
    assert facts.prices is not None
    assert facts.prices.input == Decimal("0.1")
    assert facts.default_effort == "medium"
    assert table.known_model("claude-haiku-5-5") == TABLE.known_model("claude-haiku-5-5")
    with pytest.raises(AnnotatorError):
        table.refuse_retired("claude-3-haiku-20240307", DAY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"models": [{"prices": null}]}', "not a JSON object"),
        ('{"models": [{"id": "claude-opus-5-5", "price": 1}]}', "price"),
        ('{"models": [{"id": "claude-opus-5-5", "batch_factor": "-1"}]}', "batch_factor"),
        ('{"models": [{"id": "claude-new-9"}]}', "max_output_tokens"),
    ],
)
def test_a_price_file_of_another_shape_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=rf"'my\.json'.*{reason}"):
        with_own_prices(text, "my.json")
