"""What people decide: it overrides, survives, lapses, is undone, and the table follows from it."""

from datetime import UTC, datetime

import pytest

from facets_pipeline.adapters.store.review_queue import review_queue
from facets_pipeline.adapters.store.schema import decision
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.domain.review import Cause
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    REVIEWED,
    answer_all,
    counted,
    hcpcs,
    load,
    rows,
    statuses,
)
from facets_pipeline_tests.engine.annotators import FirstWord

CODE = "A0003"


def decide(store: Store, code: str = CODE, **values: str | bool | None) -> None:
    """Let Ann decide."""
    store.decisions.set("HCPCS", code, values, by="ann", day=DAY, note="seen")


def reword(store: Store, text: str) -> None:
    """Let a release change the descriptor of the code."""
    load(store, f"{text}.csv", [hcpcs(CODE, text)], mode=LoadMode.PARTIAL)


def test_a_decision_is_in_the_row_at_once_with_name_and_time(filled: Store) -> None:
    before = datetime.now(UTC)
    decide(filled, procedure_category="supply")
    row = rows(filled)[CODE]
    assert (row["status"], row["procedure_category"]) == ("valid", "supply")
    value, by, at = row["opinions"]["decisions"]["procedure_category"]
    assert (value, by) == ("supply", "ann")
    assert abs((datetime.fromisoformat(at) - before).total_seconds()) < 60
    (made,) = filled.decisions.of("HCPCS", CODE)
    assert (made.action, made.decided_by, made.note, made.same_text) == ("set", "ann", "seen", True)


def test_it_survives_another_answer_and_a_rebuild_byte_for_byte(filled: Store) -> None:
    decide(filled, procedure_category="supply")
    decide(filled, REVIEWED, service_location=None)
    answer_all(filled, FirstWord(prompt="Say it again."))
    filled.flat.refresh("HCPCS", DAY)
    known = rows(filled)
    assert known[CODE]["procedure_category"] == "supply"
    assert known[REVIEWED]["status"] == "valid"
    filled.flat.drop()
    filled.second.clear()
    filled.flat.refresh("HCPCS", DAY)
    assert rows(filled) == known


def test_one_code_brought_up_to_date_equals_all_made_anew(filled: Store) -> None:
    filled.recipes.reconcile_by("HCPCS", Reconcile.BOTH)
    filled.flat.refresh("HCPCS", DAY)
    decide(filled, procedure_category="supply")
    filled.decisions.undo("HCPCS", CODE, None, by="bob", day=DAY)
    decide(filled, "A0004", procedure_category="dme")
    known = rows(filled)
    filled.flat.drop()
    filled.flat.refresh("HCPCS", DAY)
    assert rows(filled) == known


def test_what_breaks_a_rule_is_refused_and_leaves_nothing(filled: Store) -> None:
    with pytest.raises(SettingsError, match=r"R9: service_location .* set along procedure_cat"):
        decide(filled, service_location="office")
    with pytest.raises(SettingsError, match=r"R9: .* set along service_location=office"):
        decide(filled, procedure_category="surgical")
    assert counted(filled, decision) == 0
    decide(filled, procedure_category="surgical", service_location="office")
    assert rows(filled)[CODE]["service_location"] == "office"


def test_a_code_in_review_is_settled_by_the_facet_at_fault(filled: Store) -> None:
    assert statuses(filled)[REVIEWED] == "in_review"
    decide(filled, REVIEWED, service_location=None)
    assert REVIEWED not in statuses(filled)
    assert rows(filled)[REVIEWED]["procedure_category"] == "drug"


def test_undone_is_as_before_and_nothing_is_erased(filled: Store) -> None:
    known = rows(filled)[CODE]
    decide(filled, procedure_category="supply", body_region="thorax")
    assert filled.decisions.undo("HCPCS", CODE, "body_region", by="bob", day=DAY) == (
        "body_region",
    )
    assert rows(filled)[CODE]["body_region"] is None
    assert [made.facet for made in filled.decisions.in_force()] == ["procedure_category"]
    filled.decisions.undo("HCPCS", CODE, None, by="bob", day=DAY)
    assert rows(filled)[CODE] == known
    assert [made.action for made in filled.decisions.of("HCPCS", CODE)] == [
        *("set", "set", "undo", "undo")
    ]
    with pytest.raises(SettingsError, match="Nothing was decided on A0003"):
        filled.decisions.undo("HCPCS", CODE, None, by="bob", day=DAY)


def test_another_descriptor_sends_the_code_back_until_decided_again(filled: Store) -> None:
    decide(filled, procedure_category="supply")
    reword(filled, "drug anew")
    filled.flat.refresh("HCPCS", DAY)
    assert statuses(filled)[CODE] == "in_review"
    first = review_queue(filled.database, filled.flat)[0]
    assert (first.code, first.cause, first.facet) == (CODE, Cause.LAPSED, "procedure_category")
    assert filled.decisions.in_force() == []
    answer_all(filled, FirstWord())
    decide(filled, procedure_category="supply")
    assert CODE not in statuses(filled)


def test_what_was_undone_on_a_new_descriptor_stays_undone_when_the_old_one_returns(
    filled: Store,
) -> None:
    decide(filled, procedure_category="supply")
    reword(filled, "drug anew")
    filled.decisions.undo("HCPCS", CODE, None, by="bob", day=DAY)
    reword(filled, "drug number 3")
    filled.flat.refresh("HCPCS", DAY)
    assert rows(filled)[CODE]["procedure_category"] == "drug"
    assert filled.decisions.in_force() == []


def test_nobody_and_no_code_are_refused(filled: Store) -> None:
    with pytest.raises(SettingsError, match="--by NAME"):
        filled.decisions.set("HCPCS", CODE, {"em_level": None}, by=" ", day=DAY)
    with pytest.raises(SourceError, match="no active HCPCS code 'A0099'"):
        decide(filled, "A0099", em_level=None)


def test_a_doubt_goes_away_when_a_person_decides_it(store: Store) -> None:
    codes = [hcpcs(f"E{number:04d}", f"dme thing {number}") for number in range(100, 200)]
    codes[3] = hcpcs("E0103", "broken thing")
    load(store, "codes.csv", codes)
    answer_all(store, FirstWord(), ALL)
    store.recipes.reconcile_by("HCPCS", Reconcile.BOTH)
    store.flat.refresh("HCPCS", DAY)
    waiting = review_queue(store.database, store.flat)
    for item in waiting:
        for facet in item.facets:
            decide(store, item.code, **{facet: rows(store)[item.code][facet]})
    assert review_queue(store.database, store.flat) == []
