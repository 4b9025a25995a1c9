"""What a code is: its text as it is asked about, its hash, its chunk, and when it is in force."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline.domain.codes import MAX_DESCRIPTOR, Code, normalise_text

ACUTE, SOFT_HYPHEN, ZERO_WIDTH = "\u0301", "\u00ad", "\u200b"


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once


@given(st.text())
def test_a_normalised_text_has_single_blanks_and_nothing_invisible(text: str) -> None:
    shown = normalise_text(text)
    assert shown == " ".join(shown.split())
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf"}


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)), st.data())
def test_white_space_of_any_kind_and_amount_is_one_blank(
    words: list[str], data: st.DataObject
) -> None:
    blanks = st.text(" \t\n\r\u00a0\u2003", min_size=1, max_size=3)
    spaced = "".join(word + data.draw(blanks) for word in words)
    assert normalise_text(spaced) == normalise_text(" ".join(words))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"e{ACUTE}", "é"),
        (f"e{SOFT_HYPHEN}{ACUTE}", "é"),
        (f"hy{SOFT_HYPHEN}phen", "hyphen"),
        (f"{ZERO_WIDTH}a\x00b\ufeff", "ab"),
        ("\ufb01\uff12", "fi2"),
        (" \u3000 ", ""),
        ("as it is", "as it is"),
    ],
)
def test_texts_that_look_the_same_become_the_same(text: str, shown: str) -> None:
    assert normalise_text(text) == shown


def test_the_most_complete_text_is_asked_about() -> None:
    code = Code("HCPCS", "A0001", "short", "long", "plain")
    assert code.descriptor == "long"
    assert replace(code, long_descriptor="").descriptor == "plain"
    assert replace(code, long_descriptor="", plain_descriptor="").descriptor == "short"
    assert Code("HCPCS", "A0001").descriptor == ""


def test_a_text_beyond_all_measure_is_cut() -> None:
    assert len(Code("HCPCS", "A0001", "x" * 2 * MAX_DESCRIPTOR).descriptor) == MAX_DESCRIPTOR


def test_the_hash_follows_the_descriptor_and_nothing_else() -> None:
    code = Code("HCPCS", "A0001", "short", "long")
    same = replace(code, short_descriptor="other", category="x", terminated_on=date(2026, 1, 1))
    assert same.descriptor_hash == code.descriptor_hash
    assert replace(code, long_descriptor="longer").descriptor_hash != code.descriptor_hash
    assert len(code.descriptor_hash) == 64


def test_where_a_code_stands_is_not_part_of_it() -> None:
    assert Code("HCPCS", "A0001", row=3) == Code("HCPCS", "A0001", row=4)


@pytest.mark.parametrize(
    ("effective", "terminated", "active"),
    [
        (None, None, True),
        (date(2026, 3, 1), date(2026, 3, 1), True),
        (date(2026, 3, 2), None, False),
        (None, date(2026, 2, 28), False),
    ],
)
def test_a_code_is_in_force_from_its_first_to_its_last_day(
    effective: date | None,
    terminated: date | None,
    active: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    code = Code("HCPCS", "A0001", effective_on=effective, terminated_on=terminated)
    assert code.is_active_on(date(2026, 3, 1)) is active


@pytest.mark.parametrize(
    ("code", "chunk"), [("99213", "27"), ("00100", "02"), ("J0120", "14"), ("0001F", "29")]
)
def test_a_code_stays_in_its_chunk_for_ever(code: str, chunk: str) -> None:
    assert chunk_of(code) == chunk


def test_codes_spread_over_all_chunks() -> None:
    sizes = [0] * len(CHUNKS)
    for number in range(10_000):
        sizes[CHUNKS.index(chunk_of(f"{number:05d}"))] += 1
    assert CHUNKS[0] == "00"
    assert CHUNKS[-1] == "31"
    assert max(sizes) < 1.2 * 10_000 / 32
    assert min(sizes) > 0.8 * 10_000 / 32
