"""Quoting in sentences: whatever was given, one short line that can be stored."""

from hypothesis import given
from hypothesis import strategies as st

from facets_pipeline.domain.quoting import LONGEST_QUOTE, quoted, reason

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
"""Halves of characters as well, which no encoding takes."""


def test_a_short_text_is_quoted_whole_and_a_long_one_at_both_ends() -> None:
    assert quoted("E0100") == "'E0100'"
    assert quoted("a" * 500 + "z") == f"'{'a' * 40}'…'{'a' * 39}z'"


def test_a_reason_is_the_first_line_that_says_something() -> None:
    assert reason(ValueError("\n  no such thing\nat line 3")) == "no such thing"
    assert reason(KeyError()) == "KeyError"
    assert reason("tab\there") == "tab here"
    assert len(reason("x" * 5_000)) < 250


@given(ANY_TEXT)
def test_a_quote_and_a_reason_are_one_line_that_can_be_stored(text: str) -> None:
    for said in (quoted(text), reason(text)):
        assert len(said.splitlines()) == 1
        assert "\0" not in said
        said.encode("utf-8")
        assert len(said) < 12 * LONGEST_QUOTE
