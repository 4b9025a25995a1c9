"""The rows of the flat table: what each stands on, and who has the last word."""

from datetime import UTC, date, datetime, timedelta

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.adapters.store.contents import (
    DAY,
    PENDING,
    REVIEWED,
    answer_all,
    decide,
    hcpcs,
    load,
    numbered,
    refreshed,
    rows,
    statuses,
)
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord


def test_every_active_code_has_a_row_that_says_what_it_stands_on(filled: Store) -> None:
    assert len(rows(filled)) == 10
    assert statuses(filled) == {"A0000": "stale", REVIEWED: "in_review", PENDING: "pending"}


def test_a_valid_row_holds_values_source_and_moment(filled: Store) -> None:
    row = rows(filled)["A0001"]
    assert (row["descriptor"], row["procedure_category"]) == ("drug number 1", "drug")
    assert (row["given"], row["decided"], row["body_system"]) == (1, 0, None)
    assert (row["model"], row["recipe"]) == ("claude first-word-1", FirstWord().recipe.recipe_id)
    assert row["opinions"]["stated"] == {"procedure_category": ["drug", "first word", False]}
    assert datetime.now(UTC) - row["updated_at"] < timedelta(minutes=5)


def test_a_row_in_review_shows_no_value_but_the_reason(filled: Store) -> None:
    row = rows(filled)[REVIEWED]
    assert {row[facet] for facet in CODEBOOK.names} == {None}
    assert row["opinions"]["reason"].startswith("R9: service_location is 'office'")
    assert row["opinions"]["stated"]["service_location"][0] == "office"


def test_a_pending_row_has_nothing_but_its_code(filled: Store) -> None:
    row = rows(filled)[PENDING]
    assert (row["model"], row["recipe"], row["updated_at"], row["opinions"]) == ("", "", None, {})
    assert row["descriptor"] == "drug for a test"


def test_a_stale_row_keeps_the_old_answer(filled: Store) -> None:
    row = rows(filled)["A0000"]
    assert (row["descriptor"], row["procedure_category"]) == ("drug renamed", "drug")


def test_codes_that_are_no_longer_active_have_no_row(store: Store) -> None:
    ended = hcpcs("B0001", terminated_on=date(2026, 3, 31))
    load(store, "codes.csv", [*numbered(2), ended], has_dates=True)
    assert store.flat.refresh("HCPCS", DAY).rows == 3
    assert store.flat.refresh("HCPCS", date(2026, 4, 1)).rows == 2
    assert set(rows(store)) == {"A0000", "A0001"}


def test_another_recipe_makes_rows_stale_and_its_answers_replace_them(filled: Store) -> None:
    other = FirstWord(prompt="new", model="first-word-2")
    filled.recipes.choose("HCPCS", other.recipe, reason="test")
    assert refreshed(filled, "A0001")["status"] == "stale"
    answer_all(filled, other)
    row = refreshed(filled, "A0001")
    assert (row["status"], row["model"]) == ("valid", "claude first-word-2")


def test_rules_never_replace_an_answer_of_claude(filled: Store) -> None:
    answer_all(filled, FirstWord(name="rules", model="1.0"))
    found = {
        code: row["model"] for code, row in (refreshed(filled, "A0001"), rows(filled))[1].items()
    }
    assert found["A0001"] == "claude first-word-1"
    assert found[PENDING] == found[REVIEWED] == "rules 1.0", "Claude gave no answer there"
    assert statuses(filled) == {"A0000": "stale", REVIEWED: "in_review"}


def test_a_forced_code_is_stale_until_it_is_answered_again(filled: Store) -> None:
    filled.recipes.force("HCPCS", FirstWord().recipe.recipe_id)
    assert refreshed(filled, "A0001")["status"] == "stale"
    answer_all(filled, FirstWord())
    assert refreshed(filled, "A0001")["status"] == "valid"


def test_a_decision_overrides_and_can_be_undone(filled: Store) -> None:
    code = numbered(9)[5]
    decide(filled, code, "procedure_category", "supply")
    row = refreshed(filled, code.code)
    assert (row["procedure_category"], row["status"], row["decided"]) == ("supply", "valid", 1)
    assert row["opinions"]["decisions"] == {
        "procedure_category": ["supply", "ann", "2026-02-01T00:00:00+00:00"]
    }
    decide(filled, code, "procedure_category", None, action="undo")
    assert refreshed(filled, code.code)["procedure_category"] == "drug"


def test_a_decision_takes_a_code_out_of_review(filled: Store) -> None:
    code = hcpcs(REVIEWED, f"{BREAKS_A_RULE} on purpose")
    decide(filled, code, "service_location", None)
    row = refreshed(filled, REVIEWED)
    assert (row["status"], row["procedure_category"]) == ("valid", "drug")


@pytest.mark.parametrize(
    ("facet", "value", "reason"),
    [
        ("service_location", "office", "R9: "),
        ("complexity_level", "enormous", "complexity_level cannot be 'enormous'"),
        ("procedure_category", None, "procedure_category is missing"),
    ],
)
def test_a_decision_that_cannot_stand_leaves_the_code_in_review(
    filled: Store, facet: str, value: str | None, reason: str
) -> None:
    code = numbered(9)[5]
    decide(filled, code, facet, value)
    row = refreshed(filled, code.code)
    assert row["status"] == "in_review"
    assert reason in row["opinions"]["reason"]


def test_a_decision_on_an_earlier_text_goes_back_to_review_until_decided_anew(
    filled: Store,
) -> None:
    decide(filled, numbered(9)[5], "procedure_category", "supply")
    changed = hcpcs("A0005", "drug in other words")
    others = [code for code in rows(filled) if code != "A0005"]
    load(
        filled,
        "later.csv",
        [changed, *(hcpcs(code, rows(filled)[code]["descriptor"]) for code in others)],
    )
    answer_all(filled, FirstWord())
    row = refreshed(filled, "A0005")
    assert row["status"] == "in_review"
    assert row["opinions"]["reason"] == "ann decided on an earlier descriptor"
    assert row["opinions"]["lapsed_decisions"]["procedure_category"][0] == "supply"
    decide(filled, changed, "procedure_category", "dme")
    row = refreshed(filled, "A0005")
    assert (row["status"], row["procedure_category"]) == ("valid", "dme")
    decide(filled, changed, "procedure_category", None, action="undo")
    row = refreshed(filled, "A0005")
    assert (row["status"], row["procedure_category"]) == ("valid", "drug")


def test_single_codes_can_be_refreshed_alone(store: Store) -> None:
    load(store, "codes.csv", numbered(1200))
    answer_all(store, FirstWord())
    some = [code.code for code in numbered(1100)]
    store.flat.refresh_codes("HCPCS", DAY, some)
    assert list(rows(store)) == some
    assert store.flat.refresh("HCPCS", DAY).rows == 1200


def test_rows_can_be_asked_for_by_system_and_code(filled: Store) -> None:
    assert [row["code"] for row in filled.flat.rows("HCPCS", ["A0003", "A0001", "Z0001"])] == [
        "A0001",
        "A0003",
    ]
    assert list(filled.flat.rows("CPT")) == []


def test_a_sample_is_spread_over_the_codes(store: Store) -> None:
    load(store, "codes.csv", numbered(100))
    store.flat.refresh("HCPCS", DAY)
    assert [row["code"] for row in store.flat.spread("HCPCS", 4)] == [
        "A0000",
        "A0025",
        "A0050",
        "A0075",
    ]
    assert len(store.flat.spread(None, 1000)) == 100
