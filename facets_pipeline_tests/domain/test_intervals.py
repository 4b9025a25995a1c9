"""Wilson intervals: equal to a kept library's, and honest for few and for all."""

import random
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from facets_pipeline.domain.intervals import Interval, wilson

SEEDED = random.Random(5)  # noqa: S311 - data for a test, the same every time
COUNTS = [
    (0, 1), (1, 1), (5, 5), (0, 200), (199, 200), (2195, 2195),
    *((SEEDED.randint(0, total), total) for total in SEEDED.sample(range(1, 100_000), 200)),
]  # fmt: skip


@cache
def kept() -> Any:  # noqa: ANN401 - the library ships no types of its own
    """Return the library, imported by the process alone that compares with it."""
    return import_module("statsmodels.stats.proportion")


@pytest.mark.parametrize(("right", "total"), COUNTS)
def test_wilson_equals_that_of_statsmodels(right: int, total: int) -> None:
    expected = kept().proportion_confint(right, total, alpha=0.05, method="wilson")
    found = wilson(right, total)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert 0 <= found.low <= right / total <= found.high <= 1


def test_of_nothing_anything_may_be_true() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("right", "total"), [(2, 1), (-1, 3), (0, -1)])
def test_impossible_counts_are_refused(right: int, total: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, total)
