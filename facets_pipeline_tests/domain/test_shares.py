"""Shares of a budget: by the number of codes, each of use, together no more than there is."""

from hypothesis import given
from hypothesis import strategies as st

from facets_pipeline.domain.shares import shares


def test_a_budget_is_shared_out_by_the_number_of_codes() -> None:
    assert shares({"a": 30, "b": 10}, budget=100, least=10) == {"a": 70, "b": 30}


def test_where_there_is_not_enough_for_all_the_largest_get_a_share() -> None:
    assert set(shares({"a": 1, "b": 3, "c": 2}, budget=25, least=10)) == {"b", "c"}


def test_a_budget_below_the_least_share_gives_nobody_anything() -> None:
    assert shares({"a": 1}, budget=9, least=10) == {}


def test_no_parts_get_no_shares() -> None:
    assert shares({}, budget=100, least=10) == {}


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 10_000), max_size=70),
    st.integers(0, 10**10),
    st.integers(1, 10**8),
)
def test_shares_never_exceed_the_budget_and_are_never_too_small(
    codes: dict[str, int], budget: int, least: int
) -> None:
    found = shares(codes, budget, least)
    assert sum(found.values()) <= budget
    assert all(share >= least for share in found.values())
    assert len(found) == min(len(codes), budget // least)
