"""The cross-field rules R1 to R12: each kept, and each broken in every way that it names."""

import pytest

from facets_pipeline.domain.facets import CODEBOOK, PRODUCT_CATEGORIES
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.rules import RULES, broken_rules

Given = dict[str, FacetValue | None]

IMAGE: Given = {
    "procedure_category": "imaging",
    "imaging_modality": "ct",
    "service_location": "hospital",
}
VISIT: Given = {"procedure_category": "evaluation", "service_location": "office"}
SURGERY: Given = {"procedure_category": "surgical", "service_location": "hospital"}
DRUG: Given = {"procedure_category": "drug"}
MEASURE: Given = {"procedure_category": "quality_reporting"}

KEPT: list[tuple[str, str, Given]] = [
    ("R1", "HCPCS A0001", IMAGE),
    ("R1", "HCPCS A0001", DRUG),
    ("R2", "HCPCS A0001", {**IMAGE, "uses_contrast": True}),
    ("R3", "HCPCS A0001", {**SURGERY, "surgical_approach": "open", "is_major_surgery": False}),
    ("R4", "HCPCS A0001", {**VISIT, "em_level": "level_4", "complexity_level": "moderate"}),
    ("R4", "HCPCS A0001", {**VISIT, "em_patient_type": "new"}),
    (
        "R5",
        "CPT 99203",
        {**VISIT, "em_patient_type": "new", "em_level": "level_3", "complexity_level": "simple"},
    ),
    (
        "R5",
        "CPT 99211",
        {
            **VISIT,
            "em_patient_type": "established",
            "em_level": "level_1",
            "complexity_level": "simple",
        },
    ),
    ("R6", "HCPCS A0001", {**IMAGE, "imaging_modality": "mammography", "body_region": "breast"}),
    ("R6", "HCPCS A0001", {**IMAGE, "imaging_modality": "dexa", "uses_contrast": False}),
    ("R7", "HCPCS A0001", {**SURGERY, "body_system": "eye", "body_region": "head_neck"}),
    ("R7", "HCPCS A0001", {**SURGERY, "body_system": "ear", "body_region": "whole_body"}),
    ("R8", "HCPCS A0001", {**VISIT, "body_system": "psychiatric"}),
    ("R9", "HCPCS A0001", DRUG),
    ("R9", "HCPCS A0001", SURGERY),
    ("R9", "HCPCS A0001", MEASURE),
    ("R9", "HCPCS A0001", {}),
    ("R10", "HCPCS G8000", MEASURE),
    ("R11", "CPT 0001F", MEASURE),
    ("R11", "CPT 0001U", {"procedure_category": "pathology", "service_location": "hospital"}),
    ("R11", "CPT 0002M", {"procedure_category": "laboratory", "service_location": "hospital"}),
    ("R11", "CPT 00100", {"procedure_category": "anesthesia", "service_location": "hospital"}),
    ("R11", "HCPCS J0120", DRUG),
    ("R11", "HCPCS L0112", {"procedure_category": "prosthetic_orthotic"}),
    ("R11", "CPT 02000", SURGERY),
    ("R12", "HCPCS A0001", {**VISIT, "em_level": "level_5", "complexity_level": "complex"}),
    ("R12", "HCPCS A0001", {**VISIT, "complexity_level": "complex"}),
]

BROKEN: list[tuple[str, str, str, Given]] = [
    ("R1", "imaging_modality", "HCPCS A0001", {**IMAGE, "imaging_modality": None}),
    ("R1", "imaging_modality", "HCPCS A0001", {**DRUG, "imaging_modality": "ct"}),
    ("R2", "uses_contrast", "HCPCS A0001", {**DRUG, "uses_contrast": False}),
    ("R3", "surgical_approach", "HCPCS A0001", {**DRUG, "surgical_approach": "open"}),
    ("R3", "is_major_surgery", "HCPCS A0001", {**VISIT, "is_major_surgery": False}),
    (
        "R4",
        "em_level",
        "HCPCS A0001",
        {**SURGERY, "em_level": "level_4", "complexity_level": "moderate"},
    ),
    ("R4", "em_patient_type", "HCPCS A0001", {**SURGERY, "em_patient_type": "new"}),
    (
        "R5",
        "em_level",
        "HCPCS A0001",
        {**VISIT, "em_patient_type": "new", "em_level": "level_1", "complexity_level": "simple"},
    ),
    (
        "R5",
        "em_level",
        "CPT 99202",
        {
            **VISIT,
            "service_location": "hospital",
            "em_patient_type": "new",
            "em_level": "level_1",
            "complexity_level": "simple",
        },
    ),
    (
        "R6",
        "body_region",
        "HCPCS A0001",
        {**IMAGE, "imaging_modality": "mammography", "body_region": "thorax"},
    ),
    ("R6", "body_region", "HCPCS A0001", {**IMAGE, "imaging_modality": "mammography"}),
    (
        "R6",
        "uses_contrast",
        "HCPCS A0001",
        {**IMAGE, "imaging_modality": "dexa", "uses_contrast": True},
    ),
    ("R6", "uses_contrast", "HCPCS A0001", {**IMAGE, "imaging_modality": "dexa"}),
    ("R7", "body_region", "HCPCS A0001", {**SURGERY, "body_system": "eye"}),
    (
        "R7",
        "body_region",
        "HCPCS A0001",
        {**SURGERY, "body_system": "ear", "body_region": "thorax"},
    ),
    (
        "R8",
        "body_region",
        "HCPCS A0001",
        {**VISIT, "body_system": "psychiatric", "body_region": "head_neck"},
    ),
    ("R9", "service_location", "HCPCS A0001", {**SURGERY, "service_location": None}),
    (
        "R10",
        "body_system",
        "HCPCS A0001",
        {**MEASURE, "body_system": "eye", "body_region": "head_neck"},
    ),
    ("R10", "service_location", "HCPCS A0001", {**MEASURE, "service_location": "office"}),
    ("R11", "procedure_category", "CPT 0001F", SURGERY),
    ("R11", "procedure_category", "CPT 0001U", SURGERY),
    ("R11", "procedure_category", "CPT 0002M", SURGERY),
    ("R11", "procedure_category", "CPT 01999", SURGERY),
    ("R11", "procedure_category", "HCPCS J0120", {"procedure_category": "supply"}),
    ("R11", "procedure_category", "HCPCS L0112", {"procedure_category": "dme"}),
    ("R11", "procedure_category", "HCPCS L0112", {}),
    (
        "R12",
        "complexity_level",
        "HCPCS A0001",
        {**VISIT, "em_level": "level_1", "complexity_level": "moderate"},
    ),
    ("R12", "complexity_level", "HCPCS A0001", {**VISIT, "em_level": "level_5"}),
    *[
        (
            "R9",
            "service_location",
            "HCPCS A0001",
            {"procedure_category": product, "service_location": "home"},
        )
        for product in PRODUCT_CATEGORIES
    ],
]


def found(code: str, answer: Given) -> list[tuple[str, str]]:
    """Return the rules that an answer breaks, each with its facet."""
    system, _, text = code.partition(" ")
    return [(finding.rule, finding.facet) for finding in broken_rules(system, text, answer)]


@pytest.mark.parametrize(("rule", "code", "answer"), KEPT)
def test_an_answer_that_keeps_the_rule_breaks_none(rule: str, code: str, answer: Given) -> None:
    assert found(code, answer) == [], rule


@pytest.mark.parametrize(("rule", "facet", "code", "answer"), BROKEN)
def test_an_answer_that_breaks_the_rule_is_found(
    rule: str, facet: str, code: str, answer: Given
) -> None:
    assert (rule, facet) in found(code, answer)
    others = {name for name, _ in found(code, answer)} - {rule}
    assert others <= ({"R7"} if rule == "R10" else set[str]()), "and no other rule"


def test_every_rule_is_tried_both_ways() -> None:
    names = [f"R{number}" for number in range(1, 13)]
    assert [rule.name for rule in RULES] == names
    assert {rule for rule, *_ in KEPT} == {rule for rule, *_ in BROKEN} == set(names)


def test_every_value_in_these_examples_is_of_the_codebook() -> None:
    for *_, answer in [*KEPT, *BROKEN]:
        for facet, value in answer.items():
            assert value is None or value in CODEBOOK.facet(facet).vocabulary, (facet, value)


def test_a_finding_says_what_was_found_and_what_is_wanted() -> None:
    (finding,) = broken_rules("HCPCS", "J0120", {"procedure_category": "supply"})
    assert finding.message == "procedure_category is 'supply', the code means drug"


def test_findings_stand_in_the_order_of_the_rules() -> None:
    answer: Given = {
        "procedure_category": "drug",
        "uses_contrast": True,
        "service_location": "home",
    }
    assert found("HCPCS A0001", answer) == [("R2", "uses_contrast"), ("R9", "service_location")]
