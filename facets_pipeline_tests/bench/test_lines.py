"""The table shows each figure and whether it reaches what it must, in 100 columns."""

import pytest

from facets_pipeline_tests.bench.lines import (
    Line,
    all_of,
    at_least,
    at_most,
    fact,
    failure,
    near_ideal,
    row,
    table,
)


@pytest.mark.parametrize(
    ("line", "ok"),
    [
        (at_most("a", 1.0, 1.0), True),
        (at_most("a", 1.01, 1.0), False),
        (at_least("a", 1.0, 1.0), True),
        (at_least("a", 0.99, 1.0), False),
        (all_of("a", 3, 3), True),
        (all_of("a", 4, 3), False),
        (near_ideal("a", 10.4, 10.0, 1.05), True),
        (near_ideal("a", 10.6, 10.0, 1.05), False),
        (near_ideal("a", 10.6, 10.0, 1.05, extra=0.2), True),
        (near_ideal("a", 1.0, 0.0, 1.05), False),
        (fact("a", "1"), None),
        (failure("a", ValueError("no")), False),
    ],
)
def test_a_line_knows_whether_it_reaches_what_it_must(line: Line, *, ok: bool | None) -> None:
    assert line.ok is ok
    assert row(line).endswith({None: "-", True: "yes", False: "NO"}[ok])


def test_a_time_is_shown_as_in_the_slower_world_that_is_meant() -> None:
    line = near_ideal("a", 99.0, 90.0, 1.2, times=20.0)
    assert (line.measured, line.ideal) == ("33.0 min", "30.0 min")
    assert line.ratio == pytest.approx(1.1)


def test_no_line_of_the_table_is_wider_than_100_columns() -> None:
    lines = [
        near_ideal("x" * 90, 10.6, 10.0, 1.15, extra=10.25, times=20.0),
        all_of("share", 1, 1),
        Line("share", "234/236/260/270", "each >= 125", ok=True),
    ]
    shown = table(lines).splitlines()
    assert len(shown) == 6
    assert max(len(line) for line in shown) <= 100
