"""A basis is trusted as far as it agrees with Claude, and Claude as far as sound bases agree."""

import pytest

from facets_pipeline.domain.differences import Difference, difference
from facets_pipeline.domain.opinions import FacetValue, Stated
from facets_pipeline.domain.reliability import UNTRIED, Comparison, Reliability

REGION, CATEGORY = "body_region", "procedure_category"


def stated(value: FacetValue | None, basis: str, *, decided: bool = True) -> Stated:
    """Return a value on a heading."""
    return Stated(value, basis, decided)


def compared(*bases: tuple[str, int, int]) -> Reliability:
    """Return what bases show that spoke of so many codes and differed on so many."""
    comparison = Comparison(CATEGORY)
    for basis, cells, differing in bases:
        second = {REGION: stated("thorax", basis)}
        for number in range(cells):
            said = "abdomen" if number < differing else "thorax"
            comparison.add({CATEGORY: "surgical", REGION: said}, second)
    return comparison.result()


def differing(basis: str, said: str = "abdomen") -> Difference:
    """Return a difference on such a basis."""
    answer = {CATEGORY: "imaging", REGION: said}
    return difference(REGION, answer, stated("thorax", basis), CATEGORY)


def test_a_basis_that_nearly_always_agrees_is_right_where_it_differs() -> None:
    found = compared(("heading: good", 200, 1), ("heading: bad", 20, 12))
    assert found.second_is_right(differing("heading: good")) > 0.9
    assert found.second_is_right(differing("heading: bad")) < 0.1


def test_without_experience_kinds_differ_and_official_tables_are_beyond_doubt() -> None:
    def right(basis: str, *, decided: bool) -> float:
        value = stated("thorax", basis, decided=decided)
        return UNTRIED.second_is_right(difference(REGION, {}, value, CATEGORY))

    chances = [
        right("not stated", decided=False),
        right("descriptor: lung", decided=False),
        right("heading: a range", decided=True),
        right("rbcs: a group", decided=True),
    ]
    assert chances == sorted(chances)
    assert chances[-1] == 1.0


def test_a_bad_neighbourhood_lowers_the_trust_in_a_basis_that_was_seen_once() -> None:
    once = ("heading: once", 1, 1)
    good = compared(once, *((f"heading: {n}", 20, 0) for n in range(20)))
    bad = compared(once, *((f"heading: {n}", 20, 8 * (n % 2)) for n in range(20)))
    assert good.second_is_right(differing("heading: once")) > bad.second_is_right(
        differing("heading: once")
    )


def test_a_value_that_claude_gives_to_many_codes_of_the_category_is_likelier_right() -> None:
    def right(common: str) -> float:
        comparison = Comparison(CATEGORY)
        for _ in range(50):
            second = {REGION: stated(common, "heading: others")}
            comparison.add({CATEGORY: "imaging", REGION: common}, second)
        comparison.add(
            {CATEGORY: "imaging", REGION: "abdomen"}, {REGION: stated("thorax", "heading: once")}
        )
        return comparison.result().second_is_right(differing("heading: once"))

    assert right("thorax") > right("spine") > right("abdomen")


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        ("heading: good", "this basis agrees with Claude on 9 of 10 codes"),
        ("heading: new", "this basis was never compared with Claude"),
    ],
)
def test_experience_is_told_in_words(basis: str, words: str) -> None:
    assert compared(("heading: good", 10, 1)).experience(differing(basis).basis) == words


def test_the_order_of_codes_and_very_many_of_them_change_nothing() -> None:
    bases = [("heading: a", 9_000, 4_000), ("heading: b", 9_000, 0), ("heading: c", 3, 1)]
    one, other = compared(*bases), compared(*reversed(bases))
    for basis, _, _ in bases:
        chance = one.second_is_right(differing(basis))
        assert chance == other.second_is_right(differing(basis))
        assert 0 <= chance <= 1
