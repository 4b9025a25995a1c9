"""Figures in words: separators, honest shares, costs that stay unknown."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from facets_pipeline.report.words import count, counted, day, listed, moment, money, percent, plain


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (8623, 8623, "100 %"),
        (8622, 8623, "99.99 %"),
        (8620, 8623, "99.97 %"),
        (999_999, 1_000_000, "99.99 %"),
        (1, 1_000_000, "<0.01 %"),
        (0, 8623, "0 %"),
        (1, 8, "12.5 %"),
        (9_999, 1_000_000, "1.0 %"),
        (9_940, 1_000_000, "0.99 %"),
        (98_999, 100_000, "99.0 %"),
        (99_123, 100_000, "99.12 %"),
        (0.6312, 1, "63.1 %"),
        (0, 0, "\u2013"),
    ],
)
def test_a_share_is_written_as_people_write_it(part: float, whole: float, expected: str) -> None:
    assert percent(part, whole) == expected


@pytest.mark.parametrize("whole", [3, 7, 999, 8623, 20_001, 1_000_000])
def test_all_but_one_is_never_all_and_one_is_never_none(whole: int) -> None:
    assert percent(whole - 1, whole) not in {"100 %", "100.0 %", "100.00 %"}
    assert percent(1, whole) not in {"0 %", "0.0 %", "0.00 %"}


def test_a_price_that_is_not_known_is_never_zero() -> None:
    assert money(None) == "unknown"
    assert money(0.0) == "$0.00"
    assert money(0.004) == "<$0.01"
    assert money(1234.567) == "$1,234.57"


def test_numbers_have_separators_and_nouns_their_number() -> None:
    assert count(1_000_000) == "1,000,000"
    assert counted(1, "code") == "1 code"
    assert counted(0, "code") == "0 codes"


def test_times_are_told_in_utc() -> None:
    east = datetime(2026, 3, 4, 1, 5, tzinfo=timezone(timedelta(hours=11)))
    assert moment(east) == "3 March 2026, 14:05 UTC"
    assert moment(datetime(2026, 3, 3, 14, 5, tzinfo=UTC).replace(tzinfo=None)) == moment(east)
    assert day(date(2026, 12, 1)) == "1 December 2026"


def test_values_are_told_in_plain_words() -> None:
    assert [plain(value) for value in (True, False, "head_neck")] == ["yes", "no", "head neck"]


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    assert listed(["A", "B", "C"], 3) == "A, B, C"
    assert listed(["A", "B", "C"], 1) == "A and 2 more"
