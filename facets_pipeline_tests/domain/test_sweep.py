"""The figures of a sweep: accuracy, place in the request, and cost per code."""

from dataclasses import replace

import pytest

from facets_pipeline.domain.accuracy import CodeKey, Tally
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.sweep import Asked, Place, Spending, trial_of

KEYS: list[CodeKey] = [("HCPCS", f"A000{digit}") for digit in range(6)]
GOLD: dict[tuple[str, str, str], FacetValue | None] = {
    (*key, "procedure_category"): "drug" for key in KEYS
}
SPENDING = Spending(requests=2, input_tokens=600, output_tokens=60, nano_usd=3_000_000, seconds=1.5)


def asked(*values: str | None, size: int = 6, unsettled: int = 0) -> Asked:
    """Return what came of asking: a category per code, None for a code in review."""
    pairs = list(zip(KEYS, values, strict=False))[: len(values) - unsettled]
    return Asked(
        answers={key: {"procedure_category": value} for key, value in pairs if value},
        in_review=frozenset(key for key, value in pairs if value is None),
        places={key: Place(index % size, size, stood=True) for index, key in enumerate(KEYS)},
        spending=SPENDING,
    )


def test_cells_codes_and_cost_are_counted_per_code_that_was_asked() -> None:
    trial = trial_of(6, KEYS, GOLD, asked(*["drug"] * 4, "supply", None), None)
    assert (trial.wanted, trial.asked, trial.in_review) == (6, 6, 1)
    assert trial.cells == trial.whole == Tally(4, 6)
    assert trial.is_complete
    assert trial.per_code(trial.spending.input_tokens) == 100
    assert trial.usd_per_1000 == pytest.approx(0.5)


def test_codes_that_were_not_asked_are_not_wrong() -> None:
    trial = trial_of(6, KEYS, GOLD, asked(*["drug"] * 6, unsettled=2), None)
    assert (trial.asked, trial.whole, trial.is_complete) == (4, Tally(4, 4), False)
    assert trial.usd_per_1000 == pytest.approx(0.75)


def test_nothing_asked_is_no_division_by_zero() -> None:
    trial = trial_of(1, KEYS, GOLD, Asked({}, frozenset(), {}, Spending()), None)
    assert (trial.asked, trial.whole, trial.parts, trial.usd_per_1000) == (0, Tally(0, 0), (), 0)


def test_an_unknown_price_stays_unknown() -> None:
    found = replace(asked(*["drug"] * 6), spending=replace(SPENDING, nano_usd=None))
    assert trial_of(6, KEYS, GOLD, found, None).usd_per_1000 is None


def test_errors_show_in_the_part_of_the_request_where_they_are() -> None:
    trial = trial_of(6, KEYS, GOLD, asked(*["drug"] * 5, "supply"), None)
    assert trial.parts == (Tally(2, 2), Tally(2, 2), Tally(1, 2))


def test_a_repaired_answer_counts_against_its_first_place() -> None:
    found = asked(*["drug"] * 6)
    repaired = replace(found, places={**found.places, KEYS[0]: Place(0, 6, stood=False)})
    trial = trial_of(6, KEYS, GOLD, repaired, None)
    assert trial.whole == Tally(6, 6)
    assert trial.again == 1
    assert trial.parts == (Tally(1, 2), Tally(2, 2), Tally(2, 2))


@pytest.mark.parametrize("size", [1, 2])
def test_short_requests_have_no_parts(size: int) -> None:
    assert trial_of(size, KEYS, GOLD, asked(*["drug"] * 6, size=size), None).parts == ()


def test_answers_are_compared_with_those_of_the_first_trial() -> None:
    first = asked(*["drug"] * 6)
    assert trial_of(6, KEYS, GOLD, first, None).differ is None
    assert trial_of(6, KEYS, GOLD, asked("supply", *["drug"] * 4, None), first).differ == 1
