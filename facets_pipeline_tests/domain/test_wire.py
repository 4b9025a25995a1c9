"""Reading answers: any text gives one reading per code, and never an answer at the wrong code."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.wire import Problem, Reading, read_answer

CODES = [Code("HCPCS", name, f"about {name}") for name in ("A0001", "A0002", "A0003", "A0004")]
CATEGORIES = [str(name) for name in CODEBOOK.category.vocabulary]
SAID = dict(zip([code.code for code in CODES], ["drug", "supply", "imaging", "drug"], strict=True))
"""What is answered: breaks a rule or not, each code has a category that tells it from others."""

VALID = json.dumps(
    {"answers": [{"code": code, "procedure_category": value} for code, value in SAID.items()]}
)
REASONS = st.sampled_from(["end_turn", "max_tokens", "refusal", None, "stop_sequence", "other"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ITEMS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from([*SAID, "a0001", "Z9999"]) | JSON},
        optional={"procedure_category": st.sampled_from(CATEGORIES) | JSON, "em_level": JSON},
    ),
    max_size=6,
)


def read(text: str, reason: str | None = "end_turn") -> list[Reading]:
    """Read an answer about all codes, and check what holds of every reading."""
    readings = read_answer(text, CODES, stop_reason=reason)
    assert [reading.code for reading in readings] == CODES
    for reading in readings:
        assert (reading.problem is None) == (reading.detail == "")
        assert (reading.opinion is not None) or reading.problem is not None
        assert bool(reading.findings) == (reading.problem is Problem.BREAKS_RULES)
        reading.detail.encode("utf-8")
        assert "\x00" not in reading.detail
    return readings


def category(reading: Reading) -> Any:  # noqa: ANN401 - a facet's value
    """Return the category that was read."""
    assert reading.opinion is not None
    return reading.opinion["procedure_category"].value


@given(st.text(), REASONS)
def test_any_text_gives_a_problem_per_code(text: str, reason: str | None) -> None:
    assert all(reading.problem is not None for reading in read(text, reason))


@given(JSON, REASONS)
def test_any_json_gives_a_reading_per_code(document: object, reason: str | None) -> None:
    read(json.dumps(document), reason)
    read(json.dumps({"answers": document}), reason)


@given(ITEMS, REASONS)
def test_no_answer_ever_stands_at_another_code(
    items: list[dict[str, Any]], reason: str | None
) -> None:
    for reading in read(json.dumps({"answers": items}), reason):
        if reading.opinion is not None:
            own = [one for one in items if str(one["code"]).strip().upper() == reading.code.code]
            assert len(own) == 1
            assert str(own[0]["procedure_category"]).strip().lower() == category(reading)


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", None])
def test_a_cut_answer_keeps_whole_items_at_their_codes(reason: str | None) -> None:
    kept: set[int] = set()
    for end in range(len(VALID)):
        readings = read(VALID[:end], reason)
        whole = [reading for reading in readings if reading.opinion is not None]
        assert all(category(reading) == SAID[reading.code.code] for reading in whole)
        assert whole == readings[: len(whole)]
        kept.add(len(whole))
    assert kept == ({0, 1, 2, 3, 4} if reason == "max_tokens" else {0})


@pytest.mark.parametrize("text", ["[" * 100_000, '{"answers":' * 50_000, '{"answers":[{"code":1'])
@pytest.mark.parametrize("reason", ["end_turn", "max_tokens"])
def test_nesting_and_torn_text_are_malformed(text: str, reason: str) -> None:
    problems = {reading.problem for reading in read(text, reason)}
    assert problems <= {Problem.MALFORMED, Problem.CUT_OFF}


def test_what_cannot_be_stored_is_not_quoted_as_it_is() -> None:
    for code in ("\x00", "\ud800", "x" * 5000):
        text = json.dumps({"answers": [{"code": code, "procedure_category": "drug"}]})
        readings = read(text)
        assert {reading.problem for reading in readings} == {Problem.MISLABELLED}
        assert all(len(reading.detail) < 300 for reading in readings)
