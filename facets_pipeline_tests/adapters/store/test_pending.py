"""What is pending: codes without an outcome, and exactly those that a change concerns."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from facets_pipeline.adapters.store.schema import finding, opinion, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    answer_all,
    counted,
    hcpcs,
    load,
    numbered,
)
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord

RECIPE = FirstWord().recipe.recipe_id
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_active_code_is_pending_until_it_has_an_outcome(store: Store) -> None:
    ended = hcpcs("B0001", terminated_on=date(2025, 1, 1))
    load(store, "codes.csv", [*numbered(10), ended], has_dates=True)
    assert store.ledger.pending(ALL, RECIPE) == 10
    report = answer_all(store, FirstWord())
    assert (report.asked, report.answered, report.in_review) == (10, 10, 0)
    assert store.ledger.pending(ALL, RECIPE) == 0
    assert counted(store, outcome) == counted(store, opinion) == 10


def test_a_chunk_has_its_own_pending_codes(store: Store) -> None:
    load(store, "codes.csv", numbered(100))
    counts = {chunk: store.ledger.pending(replace(ALL, chunk=chunk), RECIPE) for chunk in CHUNKS}
    assert sum(counts.values()) == 100
    assert counts[chunk_of("A0007")] > 0
    annotator = FirstWord()
    answer_all(store, annotator, replace(ALL, chunk=chunk_of("A0007")))
    assert len(annotator.asked) == counts[chunk_of("A0007")]
    assert {chunk_of(code) for code in annotator.asked} == {chunk_of("A0007")}


def test_an_answer_that_breaks_a_rule_goes_to_review_and_is_not_asked_again(store: Store) -> None:
    load(store, "codes.csv", [hcpcs("A0001"), hcpcs("A0002", f"{BREAKS_A_RULE} on purpose")])
    report = answer_all(store, FirstWord())
    assert (report.answered, report.in_review) == (1, 1)
    assert counted(store, finding) == 1
    assert answer_all(store, FirstWord()).asked == 0


def test_a_changed_descriptor_asks_exactly_that_code_again(store: Store) -> None:
    load(store, "old.csv", numbered(50))
    answer_all(store, FirstWord())
    changed = [hcpcs("A0007", "drug renamed"), *numbered(50)[:7], *numbered(50)[8:]]
    load(store, "new.csv", changed)
    annotator = FirstWord()
    assert answer_all(store, annotator).asked == 1
    assert annotator.asked == ["A0007"]
    assert counted(store, outcome) == 51, "the old answer stays"


def test_what_is_not_asked_about_may_change_without_a_question(store: Store) -> None:
    load(store, "old.csv", numbered(5))
    answer_all(store, FirstWord())
    load(store, "new.csv", [replace(code, short_descriptor="Drg") for code in numbered(5)])
    assert store.ledger.pending(ALL, RECIPE) == 0


def test_one_more_code_is_one_more_question(store: Store) -> None:
    load(store, "old.csv", numbered(50))
    answer_all(store, FirstWord())
    load(store, "new.csv", [*numbered(50), hcpcs("B0001")])
    annotator = FirstWord()
    assert answer_all(store, annotator).asked == 1
    assert annotator.asked == ["B0001"]


def test_a_changed_recipe_asks_everything_and_the_old_one_back_asks_nothing(store: Store) -> None:
    load(store, "codes.csv", numbered(20))
    assert answer_all(store, FirstWord()).asked == 20
    assert answer_all(store, FirstWord(prompt="Another prompt.")).asked == 20
    assert answer_all(store, FirstWord()).asked == 0


def test_a_forced_code_is_asked_once_per_force_even_after_an_interruption(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.engine.fill.CLAIM_SIZE", 4)
    load(store, "codes.csv", numbered(20))
    answer_all(store, FirstWord())
    for _ in range(2):
        store.recipes.force("HCPCS", RECIPE)
        assert store.ledger.pending(ALL, RECIPE) == 20
        first = FirstWord(fails_on=["A0013"])
        with pytest.raises(AnnotatorError):
            answer_all(store, first)
        rest = FirstWord()
        answer_all(store, rest)
        # Its last claim failed as a whole, so nothing became of these four.
        assert sorted([*first.asked[:-4], *rest.asked]) == [code.code for code in numbered(20)]
        assert store.ledger.pending(ALL, RECIPE) == 0
    assert counted(store, outcome) == 60


def test_a_force_means_one_recipe_of_one_system(store: Store) -> None:
    load(store, "codes.csv", numbered(5))
    other = FirstWord(prompt="Another prompt.")
    answer_all(store, FirstWord())
    answer_all(store, other)
    store.recipes.force("HCPCS", RECIPE)
    assert store.ledger.pending(ALL, RECIPE) == 5
    assert store.ledger.pending(ALL, other.recipe.recipe_id) == 0


def test_a_scope_of_another_day_has_other_codes(store: Store) -> None:
    later = date(2026, 7, 1)
    rows = [hcpcs("A0001"), hcpcs("A0002", effective_on=later)]
    load(store, "codes.csv", rows, has_dates=True, mode=LoadMode.FULL)
    assert store.ledger.pending(Scope("HCPCS", DAY), RECIPE) == 1
    assert store.ledger.pending(Scope("HCPCS", later), RECIPE) == 2
