"""From what was heard to one row: which source has the last word, and why a facet is empty."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.heard import Decided, Heard, Hearing
from facets_pipeline.domain.opinions import Opinion, Stated
from facets_pipeline.domain.outcomes import Outcome, judge
from facets_pipeline.domain.validation import Empty, FlatRow, Status, flat_row, why_empty

CODE = Code("HCPCS", "A0001", long_descriptor="a text")
MONDAY, TUESDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)


def said(category: str, *, decided: bool = False) -> Opinion:
    """Return an opinion on the category alone."""
    return {"procedure_category": Stated(category, "a basis", decided)}


CLAUDE = Heard(
    "claude", "m", "r1", Outcome.ANSWERED, said("drug"), reason="", heard_at=MONDAY, same_text=True
)
RULES = replace(CLAUDE, annotator="rules", model="1", recipe_id="r2", opinion=said("supply"))
FAILED = replace(CLAUDE, outcome=Outcome.IN_REVIEW, opinion=None, reason="refused")
DECIDED = Decided("dme", "ann", TUESDAY)


def row(
    current: Heard | None = None,
    earlier: Heard | None = None,
    decisions: dict[str, Decided] | None = None,
    codebook: Codebook = CODEBOOK,
) -> FlatRow:
    """Return the row of the code of these tests."""
    return flat_row(CODE, Hearing(current, earlier, decisions or {}), codebook)


@pytest.mark.parametrize(
    ("current", "earlier", "status", "category"),
    [
        (None, None, Status.PENDING, None),
        (CLAUDE, None, Status.VALID, "drug"),
        (RULES, None, Status.VALID, "supply"),
        (None, CLAUDE, Status.STALE, "drug"),
        (None, RULES, Status.STALE, "supply"),
        (FAILED, None, Status.IN_REVIEW, None),
        (FAILED, CLAUDE, Status.IN_REVIEW, None),
        (CLAUDE, RULES, Status.VALID, "drug"),
        (RULES, CLAUDE, Status.VALID, "drug"),
        (RULES, replace(CLAUDE, same_text=False), Status.STALE, "drug"),
        (replace(RULES, outcome=Outcome.IN_REVIEW), CLAUDE, Status.VALID, "drug"),
        (replace(CLAUDE, recipe_id="r9"), CLAUDE, Status.VALID, "drug"),
    ],
)
def test_the_current_answer_counts_but_rules_never_replace_claude(
    current: Heard | None, earlier: Heard | None, status: Status, category: str | None
) -> None:
    found = row(current, earlier)
    assert (found.status, found.answer["procedure_category"]) == (status, category)
    assert tuple(found.answer) == CODEBOOK.names


def test_a_row_names_whose_values_it_shows() -> None:
    assert (row(RULES, CLAUDE).model, row(RULES, CLAUDE).recipe_id) == ("claude m", "r1")
    assert (row().model, row().recipe_id, row().updated_at, row().provenance) == ("", "", None, {})


def test_given_and_decided_values_are_counted() -> None:
    firm = replace(
        CLAUDE,
        opinion={**said("drug", decided=True), "body_region": Stated(None, "", decided=True)},
    )
    assert (row(CLAUDE).given, row(CLAUDE).decided) == (1, 0)
    assert (row(firm).given, row(firm).decided) == (1, 1)
    by_hand = row(CLAUDE, decisions={"complexity_level": replace(DECIDED, value="simple")})
    assert (by_hand.given, by_hand.decided) == (2, 1)


def test_a_decision_has_the_last_word_and_its_moment() -> None:
    found = row(CLAUDE, decisions={"procedure_category": DECIDED})
    assert (found.status, found.answer["procedure_category"]) == (Status.VALID, "dme")
    assert found.updated_at == TUESDAY
    assert row(FAILED, decisions={"procedure_category": DECIDED}).status is Status.VALID
    assert row(None, decisions={"procedure_category": DECIDED}).status is Status.VALID
    assert row(None, CLAUDE, {"complexity_level": replace(DECIDED, value="simple")}).status is (
        Status.VALID
    )


def test_a_decision_without_a_category_does_not_make_a_row_valid() -> None:
    found = row(FAILED, decisions={"complexity_level": replace(DECIDED, value="simple")})
    assert found.status is Status.IN_REVIEW
    assert found.provenance["reason"] == "procedure_category is missing"
    assert set(found.answer.values()) == {None}


def test_a_decision_on_another_text_sends_the_code_back() -> None:
    lapsed = replace(DECIDED, same_text=False)
    for current, earlier in ((CLAUDE, None), (None, CLAUDE), (None, None)):
        found = row(current, earlier, {"procedure_category": lapsed})
        assert found.status is Status.IN_REVIEW
        assert found.provenance["reason"] == "ann decided on an earlier descriptor"
    both = {"procedure_category": DECIDED, "complexity_level": lapsed}
    assert row(CLAUDE, decisions=both).status is Status.IN_REVIEW


def test_what_is_no_facet_any_more_is_not_shown() -> None:
    fewer = replace(CODEBOOK, facets=CODEBOOK.facets[:2])
    opinion = {**said("drug"), "em_level": Stated("level_1", "", decided=False)}
    found = row(replace(CLAUDE, opinion=opinion), codebook=fewer)
    assert tuple(found.answer) == ("procedure_category", "body_system")
    assert found.given == 1


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.PENDING, Empty.NOT_ANSWERED),
        (Status.IN_REVIEW, Empty.IN_REVIEW),
        (Status.VALID, Empty.NOT_APPLICABLE),
        (Status.STALE, Empty.NOT_APPLICABLE),
    ],
)
def test_an_empty_facet_says_why(status: Status, why: Empty) -> None:
    assert why_empty(status) is why


def test_an_opinion_is_judged_by_the_rules() -> None:
    assert judge(CODE, said("drug")).outcome is Outcome.ANSWERED
    broken = judge(CODE, {**said("drug"), "uses_contrast": Stated(True, "", decided=False)})  # noqa: FBT003 - a value
    assert broken.outcome is Outcome.IN_REVIEW
    assert [finding.rule for finding in broken.findings] == ["R2"]
    assert broken.reason.startswith("R2: uses_contrast is True")
