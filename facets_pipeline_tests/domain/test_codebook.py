"""The codebook: closed vocabularies, one digest for all of it, and a label that keeps its word."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from facets_pipeline.domain.codebook import Codebook, Facet, Value
from facets_pipeline.domain.facets import CODEBOOK

VERSIONS = Path(__file__).with_name("codebook_versions.json")

URGENCY = Facet("urgency", "Urgency", "How soon.", (Value("now", "at once"),), only_for=("drug",))


def changed_facet(**values: object) -> Codebook:
    """Return the codebook with another version of one facet."""
    return CODEBOOK.with_facet(replace(CODEBOOK.facet("body_region"), **values))  # pyright: ignore[reportArgumentType]


REGION = CODEBOOK.facet("body_region")
CHANGES = [
    replace(CODEBOOK, principles=CODEBOOK.principles[:-1]),
    replace(CODEBOOK, principles=CODEBOOK.principles[::-1]),
    replace(CODEBOOK, settled_cases=(*CODEBOOK.settled_cases, "One more.")),
    replace(CODEBOOK, facets=CODEBOOK.facets[::-1]),
    CODEBOOK.with_facet(URGENCY),
    changed_facet(title="Region"),
    changed_facet(definition=REGION.definition + "!"),
    changed_facet(values=REGION.values[::-1]),
    changed_facet(values=(*REGION.values, Value("elsewhere", "anywhere else"))),
    changed_facet(values=(replace(REGION.values[0], meaning="other"), *REGION.values[1:])),
    changed_facet(values=(replace(REGION.values[0], where="A0001"), *REGION.values[1:])),
    changed_facet(only_for=("imaging",)),
    changed_facet(never_for=()),
    changed_facet(mandatory=True),
]


def test_a_version_label_means_one_content_for_ever() -> None:
    known: dict[str, str] = json.loads(VERSIONS.read_text("utf-8"))
    assert known.get(CODEBOOK.version) == CODEBOOK.digest, (
        "the codebook changed: give it a new version and add that with its digest to "
        f"{VERSIONS.name}; released lines stay as they are"
    )
    assert len(set(known.values())) == len(known)


def test_the_digest_changes_with_every_part() -> None:
    digests = {codebook.digest for codebook in CHANGES}
    assert len(digests) == len(CHANGES)
    assert CODEBOOK.digest not in digests


def test_the_label_alone_changes_nothing() -> None:
    assert replace(CODEBOOK, version="9.9").digest == CODEBOOK.digest


def test_it_has_eleven_facets_and_the_category_first() -> None:
    assert len(CODEBOOK.facets) == len(set(CODEBOOK.names)) == 11
    assert CODEBOOK.category.name == "procedure_category"
    assert CODEBOOK.category.mandatory


@pytest.mark.parametrize("facet", CODEBOOK.facets, ids=lambda facet: facet.name)
def test_every_facet_is_defined_and_its_values_differ(facet: Facet) -> None:
    assert facet.definition
    assert facet.title
    assert len(set(facet.vocabulary)) == len(facet.values) > 1
    assert all(value.meaning for value in facet.values)
    assert {type(name) for name in facet.vocabulary} in ({str}, {bool})
    categories = set(CODEBOOK.category.vocabulary)
    assert {*facet.only_for, *facet.never_for} <= categories
    assert not (facet.only_for and facet.never_for)


@pytest.mark.parametrize("facet", CODEBOOK.facets, ids=lambda facet: facet.name)
def test_a_value_is_understood_as_it_is_written_and_nothing_else(facet: Facet) -> None:
    for name in facet.vocabulary:
        assert facet.value_of(name) == name
        assert facet.value_of(str(name).upper()) == name
    assert facet.value_of(None) is None
    for raw in ("made up", "", 7, ["drug"]):
        with pytest.raises(ValueError, match=f"{facet.name} has no value"):
            facet.value_of(raw)


def test_truth_values_are_not_numbers() -> None:
    contrast = CODEBOOK.facet("uses_contrast")
    assert contrast.is_truth_value
    assert contrast.value_of("False") is False
    for raw in (0, 1):
        with pytest.raises(ValueError, match="uses_contrast"):
            contrast.value_of(raw)


def test_a_facet_applies_where_it_says() -> None:
    modality, region = CODEBOOK.facet("imaging_modality"), CODEBOOK.facet("body_region")
    assert modality.applies_to("imaging")
    assert not modality.applies_to("drug")
    assert not modality.applies_to(None)
    assert not region.applies_to("laboratory")
    assert region.applies_to("surgical")


def test_an_unknown_facet_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"No facet 'colour': there are procedure_category, "):
        CODEBOOK.facet("colour")


def test_an_answer_is_completed_in_order_and_freed_of_what_is_no_facet() -> None:
    complete = CODEBOOK.complete({"colour": "red", "procedure_category": "drug"})
    assert tuple(complete) == CODEBOOK.names
    assert complete["procedure_category"] == "drug"


def test_a_facet_is_added_at_the_end_or_replaced_in_its_place() -> None:
    assert CODEBOOK.with_facet(URGENCY).names == (*CODEBOOK.names, "urgency")
    assert changed_facet(title="Region").names == CODEBOOK.names
    assert changed_facet(title="Region").facet("body_region").title == "Region"


@pytest.mark.parametrize(
    ("answer", "misfits"),
    [
        ({}, []),
        ({"procedure_category": "drug", "urgency": "now"}, []),
        ({"procedure_category": "supply", "urgency": "now"}, ["urgency"]),
        ({"procedure_category": "drug", "urgency": "never"}, ["urgency"]),
        (
            {"procedure_category": "drugs", "body_region": "moon"},
            ["procedure_category", "body_region"],
        ),
        ({"procedure_category": "imaging", "uses_contrast": "true"}, ["uses_contrast"]),
    ],
)
def test_values_that_the_codebook_does_not_allow_are_found(
    answer: dict[str, str], misfits: list[str]
) -> None:
    assert CODEBOOK.with_facet(URGENCY).misfits(answer) == misfits
