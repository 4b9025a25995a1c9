"""Two opinions, one answer: what wins, what a person sees, and that the rules always hold."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.differences import Difference, difference
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated
from facets_pipeline.domain.reconciliation import (
    Reconciled,
    Sources,
    Weighing,
    people_are_asked,
    reconcile,
)
from facets_pipeline.domain.reliability import UNTRIED, Comparison, Reliability
from facets_pipeline.domain.repairing import objections

CODE = Code("CPT", "20000", long_descriptor="a service")
CATEGORY = CODEBOOK.category.name
GOOD, BAD = "heading: good", "heading: bad"

SURGERY: Mapping[str, FacetValue | None] = {
    "procedure_category": "surgical",
    "body_region": "thorax",
    "is_major_surgery": True,
    "service_location": "any",
}
FILM: Mapping[str, FacetValue | None] = {
    "procedure_category": "imaging",
    "body_region": "thorax",
    "imaging_modality": "xray",
    "uses_contrast": False,
    "service_location": "any",
}


def answered(values: Mapping[str, FacetValue | None], **changed: FacetValue | None) -> Opinion:
    """Return Claude's answer."""
    known = {**values, **changed}
    return {name: Stated(known.get(name), "model", decided=False) for name in CODEBOOK.names}


def backed(
    values: Mapping[str, FacetValue | None], basis: str = GOOD, **changed: FacetValue | None
) -> Opinion:
    """Return a second opinion that rests on one basis."""
    known = {**values, **changed}
    decided = basis.startswith(("heading", "pfs", "rbcs"))
    return {name: Stated(known.get(name), basis, decided=decided) for name in CODEBOOK.names}


def tried() -> Reliability:
    """Return the experience that the good basis agrees with Claude and the bad one does not."""
    comparison = Comparison(CATEGORY)
    for number in range(60):
        comparison.add(SURGERY, backed(SURGERY, GOOD))
        seen = "abdomen" if number % 2 else "thorax"
        comparison.add({**SURGERY, "body_region": seen}, backed(SURGERY, BAD))
    return comparison.result()


def settled(
    said: Opinion, second: Opinion, *, asked: bool = True, are_one: bool = False
) -> Reconciled:
    """Return what becomes of two opinions on the code, after some experience."""
    weighing = Weighing(tried(), frozenset({CODE.code} if asked else ()))
    return reconcile(Sources(CODE, "claude", said, second, are_one), weighing, CODEBOOK)


def test_where_both_agree_nothing_is_chosen_and_nothing_in_doubt() -> None:
    found = settled(answered(SURGERY), backed(SURGERY))
    assert (found.answer, found.chosen, found.doubts) == (CODEBOOK.complete(SURGERY), {}, {})


def test_a_basis_that_agrees_elsewhere_wins_and_says_so() -> None:
    found = settled(answered(SURGERY, body_region="pelvis"), backed(SURGERY))
    assert found.answer["body_region"] == "thorax"
    source, why = found.chosen["body_region"]
    assert source == "reference"
    assert why == "heading: good; this basis agrees with Claude on 60 of 60 codes"
    assert found.doubts == {}


def test_a_basis_that_often_differs_changes_nothing() -> None:
    found = settled(answered(SURGERY, body_region="pelvis"), backed(SURGERY, BAD))
    assert found.answer["body_region"] == "pelvis"
    assert found.chosen["body_region"][0] == "claude"


@pytest.mark.parametrize("asked", [True, False])
def test_what_words_say_otherwise_is_in_doubt_for_the_codes_that_a_person_is_asked(
    *, asked: bool
) -> None:
    second = dict(backed(SURGERY))
    second["body_region"] = Stated("abdomen", "descriptor: liver", decided=False)
    weighing = Weighing(UNTRIED, frozenset({CODE.code} if asked else ()))
    sources = Sources(CODE, "claude", answered(SURGERY), second)
    found = reconcile(sources, weighing, CODEBOOK)
    assert list(found.doubts) == (["body_region"] if asked else [])
    if asked:
        doubt = found.doubts["body_region"]
        assert doubt.startswith("claude says 'thorax', the second opinion 'abdomen' (descriptor: l")


def test_an_official_table_wins_without_experience_and_without_doubt() -> None:
    second = dict(backed(SURGERY, BAD))
    second["is_major_surgery"] = Stated(value=False, basis="pfs: global 000", decided=True)
    found = settled(answered(SURGERY), second)
    assert found.answer["is_major_surgery"] is False
    assert found.chosen["is_major_surgery"][0] == "reference"
    assert found.doubts == {}


def test_a_facet_that_the_category_excludes_is_left_empty() -> None:
    drug: Mapping[str, FacetValue | None] = {"procedure_category": "drug"}
    second = dict(backed(drug))
    second["body_system"] = Stated(None, "not applicable: category drug", decided=True)
    found = settled(answered(drug, body_system="eye", body_region="head_neck"), second)
    assert found.answer["body_system"] is None
    assert "leaves it empty for drug" in found.chosen["body_system"][1]


def test_another_category_brings_what_belongs_to_it() -> None:
    found = settled(answered(SURGERY), backed(FILM, "rbcs: Imaging/Standard X-ray"))
    assert found.answer == CODEBOOK.complete(FILM)


@pytest.mark.parametrize(
    ("facet", "value"),
    [("em_level", "level_3"), ("procedure_category", "treatment"), ("service_location", None)],
)
def test_an_answer_that_breaks_a_rule_is_repaired_with_the_least_change(
    facet: str, value: FacetValue
) -> None:
    second = backed(SURGERY, "not stated", body_region="abdomen")
    found = settled(answered(SURGERY, **{facet: value}), second)
    assert found.stands
    assert found.answer == CODEBOOK.complete(SURGERY), "the region is not at fault"
    assert found.chosen[facet][1].startswith("not stated; the answer broke a rule")
    assert facet in found.doubts, "nothing decides it"


def test_a_repair_that_a_heading_decides_is_not_in_doubt() -> None:
    found = settled(answered(SURGERY, em_level="level_3"), backed(SURGERY))
    assert (found.stands, found.doubts) == (True, {})


def test_what_cannot_be_repaired_does_not_stand() -> None:
    broken = backed(SURGERY, em_level="level_2")
    assert not settled(answered(SURGERY, em_level="level_3"), broken).stands


def test_rules_do_not_doubt_themselves_but_obey_official_tables() -> None:
    second = dict(backed(SURGERY, body_region="abdomen"))
    second["is_major_surgery"] = Stated(value=False, basis="pfs: global 000", decided=True)
    found = settled(answered(SURGERY), second, are_one=True)
    assert (found.answer["body_region"], found.answer["is_major_surgery"]) == ("thorax", False)
    assert found.doubts == {}


def differing(basis: str) -> Difference:
    """Return a difference in the region on such a basis."""
    stated = Stated("abdomen", basis, decided=basis.startswith(("heading", "rbcs")))
    return difference("body_region", SURGERY, stated, CATEGORY)


def test_people_are_asked_about_the_likeliest_errors_and_no_more_than_they_can_take() -> None:
    codes = {
        "none": (),
        "guess": (differing("not stated"),),
        "words": (differing("descriptor: liver"),),
        "official": (differing("rbcs: a group"),),
        "heading": (differing("heading: x"), differing("not stated")),
    }
    everyone = people_are_asked(codes, UNTRIED, 9)
    assert everyone == {"guess", "words", "heading"}, "nobody is asked about an official table"
    assert people_are_asked(codes, UNTRIED, 0) == frozenset()
    one = people_are_asked(codes, UNTRIED, 1)
    assert len(one) == 1
    assert one <= everyone


def opinions() -> st.SearchStrategy[Opinion]:
    """Draw any opinion: values that do not fit together, on bases of every kind."""
    bases = [
        *("heading: a", "heading: b", "descriptor: c", "not stated", "pfs: global 090"),
        *("not applicable: category drug", "rule R7: eye"),
    ]
    return st.fixed_dictionaries(
        {
            facet.name: st.builds(
                Stated,
                st.sampled_from([None, *facet.vocabulary]),
                st.sampled_from(bases),
                st.booleans(),
            )
            for facet in CODEBOOK.facets
        }
    )


@settings(max_examples=300, deadline=None)
@given(
    said=opinions(),
    second=opinions(),
    code=st.sampled_from(["20000", "0001F", "0005U", "00100", "99201", "70010"]),
    asked=st.booleans(),
    are_one=st.booleans(),
)
def test_whatever_is_said_the_result_keeps_the_rules_or_does_not_stand(
    *, said: Opinion, second: Opinion, code: str, asked: bool, are_one: bool
) -> None:
    weighing = Weighing(UNTRIED, frozenset({code} if asked else ()))
    sources = Sources(Code("CPT", code), "claude", said, second, are_one)
    found = reconcile(sources, weighing, CODEBOOK)
    answer = CODEBOOK.complete(found.answer)
    assert found.stands is (objections(sources.code, answer, CODEBOOK) == [])
    for facet, value in answer.items():
        assert value in {said[facet].value, second[facet].value}
        if value != said[facet].value:
            assert found.chosen[facet][0] == "reference"
