"""What a third opinion settles, and what it leaves to a person."""

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated
from facets_pipeline.domain.reconciliation import Reconciled, Sources
from facets_pipeline.domain.third_opinion import Third, pair_of, settled

CODE = Code("HCPCS", "E0100")


def opinion(**values: FacetValue | None) -> Opinion:
    """Return an opinion on every facet."""
    return {
        facet: Stated(value, "", decided=False)
        for facet, value in CODEBOOK.complete(values).items()
    }


SAID = opinion(procedure_category="surgical", service_location="office")
SECOND = opinion(procedure_category="dme")
SOURCES = Sources(CODE, "claude", SAID, SECOND)
ANSWER = CODEBOOK.complete({"procedure_category": "dme"})
DOUBTED = Reconciled(ANSWER, stands=True, doubts={"procedure_category": "They differ:"})


def third(sources: Sources = SOURCES, **values: FacetValue | None) -> Third:
    """Return what a model says, asked about the facets that it names."""
    about = {facet: pair_of(facet, sources.said, sources.second) for facet in values}
    return Third("opus", values, dict.fromkeys(values, "code_range"), about)


def test_agreeing_with_what_stands_removes_the_doubt() -> None:
    found = settled(SOURCES, DOUBTED, third(procedure_category="dme"), CODEBOOK)
    assert (found.answer, found.doubts) == (ANSWER, {})
    assert found.chosen["procedure_category"] == (
        "reference",
        "review model opus agreed with reference: code_range",
    )


def test_agreeing_with_the_other_changes_the_value_and_what_hangs_on_it() -> None:
    found = settled(SOURCES, DOUBTED, third(procedure_category="surgical"), CODEBOOK)
    assert found.doubts == {}
    assert found.answer["procedure_category"] == "surgical"
    assert found.answer["service_location"] == "office"
    assert found.chosen["procedure_category"][0] == "claude"


def test_a_third_value_stays_for_a_person_with_three_opinions() -> None:
    found = settled(SOURCES, DOUBTED, third(procedure_category="supply"), CODEBOOK)
    assert found.answer == ANSWER
    assert found.doubts["procedure_category"] == "They differ: opus says supply (code_range)."


def test_it_counts_only_for_the_opinions_that_it_was_asked_about() -> None:
    other = Sources(CODE, "claude", opinion(procedure_category="drug"), SECOND)
    asked = third(other, procedure_category="dme")
    assert settled(SOURCES, DOUBTED, asked, CODEBOOK) == DOUBTED
    assert settled(SOURCES, DOUBTED, None, CODEBOOK) == DOUBTED


BROKEN = Sources(
    CODE, "claude", opinion(procedure_category="drug", service_location="home"), SECOND
)
FALLEN = Reconciled(CODEBOOK.complete({}), stands=False)


def test_a_broken_answer_stands_where_every_facet_is_one_of_two_opinions() -> None:
    whole = third(BROKEN, **{**CODEBOOK.complete({}), "procedure_category": "drug"})
    found = settled(BROKEN, FALLEN, whole, CODEBOOK)
    assert found.stands
    assert found.answer == CODEBOOK.complete({"procedure_category": "drug"})
    assert {facet: source for facet, (source, _) in found.chosen.items()} == {
        "procedure_category": "claude",
        "service_location": "reference",
    }


def test_a_broken_answer_stays_where_the_third_breaks_a_rule_or_says_something_else() -> None:
    for values in (
        {"procedure_category": "drug", "service_location": "home"},
        {"procedure_category": "supply"},
    ):
        whole = third(BROKEN, **CODEBOOK.complete(values))
        assert settled(BROKEN, FALLEN, whole, CODEBOOK) == FALLEN


def test_where_nothing_was_answered_the_second_opinion_must_be_confirmed() -> None:
    silent = Sources(CODE, "claude", {}, SECOND)
    assert settled(silent, FALLEN, third(silent, **ANSWER), CODEBOOK).answer == ANSWER
    other = CODEBOOK.complete({"procedure_category": "supply"})
    assert settled(silent, FALLEN, third(silent, **other), CODEBOOK) == FALLEN
