"""Agreement of two sources: kappa equal to a kept library's, differences with both bases."""

import random
from collections import Counter
from importlib import import_module
from typing import Any

import pytest

from facets_pipeline.domain.agreement import Comparison, Difference, Values, cohens_kappa
from facets_pipeline.domain.opinions import FacetValue, Stated

WORDS: tuple[FacetValue | None, ...] = ("open", "external", True, None)


@pytest.mark.parametrize("seed", range(12))
def test_kappa_equals_that_of_scikit_learn(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - data for a test, the same every time
    pairs = [
        (one, one if dice.random() < seed / 12 else dice.choice(WORDS))
        for one in dice.choices(WORDS, k=dice.randint(2, 300))
    ]
    # Imported here, as it takes seconds that only the process of this test has to spend.
    scores: Any = import_module("sklearn.metrics")
    expected = scores.cohen_kappa_score(
        [str(one) for one, _ in pairs], [str(other) for _, other in pairs]
    )
    assert cohens_kappa(Counter(pairs)) == pytest.approx(expected)


def test_kappa_is_not_defined_where_chance_explains_everything() -> None:
    assert cohens_kappa({}) is None
    assert cohens_kappa({("open", "open"): 7}) is None


def test_kappa_is_zero_for_agreement_by_chance_and_negative_for_less() -> None:
    even: dict[Values, int] = {("a", "a"): 1, ("a", "b"): 1, ("b", "a"): 1, ("b", "b"): 1}
    assert cohens_kappa(even) == 0
    assert cohens_kappa({("a", "b"): 1, ("b", "a"): 1}) == -1


def stated(value: FacetValue | None, basis: str) -> Stated:
    return Stated(value, basis, decided=False)


def test_differences_carry_what_both_state_and_why() -> None:
    comparison = Comparison(("procedure_category", "body_system"))
    one = {
        "procedure_category": stated("imaging", "heading: 70010"),
        "body_system": stated("ear", "x"),
    }
    other = {
        "procedure_category": stated("surgical", "model"),
        "body_system": stated("ear", "model"),
    }
    assert comparison.add("CPT", "70010", one, other) == [
        Difference(
            "CPT",
            "70010",
            "procedure_category",
            stated("imaging", "heading: 70010"),
            stated("surgical", "model"),
        )
    ]
    category, system = comparison.agreements
    assert (category.compared, category.agreed) == (1, 0)
    assert (system.compared, system.agreed) == (1, 1)
    assert (comparison.compared, comparison.alike) == (1, 0)
    assert list(comparison.swaps("procedure_category")) == [(("imaging", "surgical"), 1)]
    assert list(comparison.swaps("body_system")) == []


def test_codes_that_one_source_lacks_are_counted_apart_and_differ_in_nothing() -> None:
    comparison = Comparison(("body_system",))
    said = {"body_system": stated("ear", "x")}
    assert comparison.add("CPT", "1", said, None) == []
    assert comparison.add("CPT", "2", None, said) == []
    assert comparison.add("CPT", "3", None, None) == []
    assert (comparison.only_one, comparison.only_other, comparison.neither) == (1, 1, 1)
    (agreement,) = comparison.agreements
    assert (agreement.compared, agreement.kappa) == (0, None)


def test_the_word_true_and_the_truth_value_differ() -> None:
    comparison = Comparison(("uses_contrast",))
    word, truth = stated("true", ""), Stated(value=True, basis="", decided=False)
    assert comparison.add("CPT", "1", {"uses_contrast": word}, {"uses_contrast": truth})
