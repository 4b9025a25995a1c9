"""The cross-field rules R1 to R12: what must hold between the facets of one code.

A broken rule is a `Finding`. Rules validate answers; they never change one and never ask again.
Each rule is one sentence for people and one function; the sentences also stand in the prompt.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from facets_pipeline.domain.facets import PRODUCT_CATEGORIES
from facets_pipeline.domain.opinions import Answer

VISIT_LADDER = {
    "level_1": "simple",
    "level_2": "simple",
    "level_3": "simple",
    "level_4": "moderate",
    "level_5": "complex",
}
"""The complexity that each visit level implies."""

_NEW_OFFICE_VISITS = re.compile(r"9920[1-5]")

CODE_FORMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("CPT", r"[0-9]{4}F", ("quality_reporting",)),
    ("CPT", r"[0-9]{4}[UM]", ("laboratory", "pathology")),
    ("CPT", r"0[01][0-9]{3}", ("anesthesia",)),
    ("HCPCS", r"J[0-9]{4}", ("drug",)),
    ("HCPCS", r"L[0-9]{4}", ("prosthetic_orthotic",)),
)
"""Code system, pattern of the whole code, and the categories that such a code may have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes:
        rule: `R1` to `R12`.
        facet: The facet whose value breaks it.
        message: What was found and what the rule wants, in one sentence.
    """

    rule: str
    facet: str
    message: str


Broken = Iterator[tuple[str, str]]
"""Facet and message of each place where a rule is broken."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A cross-field rule: its name, its sentence, and what finds it broken."""

    name: str
    sentence: str
    find: Callable[[str, str, Answer], Broken]


def _only_for(answer: Answer, category: str, *facets: str) -> Broken:
    for facet in facets:
        if answer.get(facet) is not None and answer.get("procedure_category") != category:
            yield facet, f"{facet} is {answer[facet]!r}, but only {category} may have one"


def _modality(_system: str, _code: str, answer: Answer) -> Broken:
    yield from _only_for(answer, "imaging", "imaging_modality")
    if answer.get("procedure_category") == "imaging" and answer.get("imaging_modality") is None:
        yield "imaging_modality", "imaging_modality is missing, but imaging must have one"


def _contrast(_system: str, _code: str, answer: Answer) -> Broken:
    return _only_for(answer, "imaging", "uses_contrast")


def _surgery(_system: str, _code: str, answer: Answer) -> Broken:
    return _only_for(answer, "surgical", "surgical_approach", "is_major_surgery")


def _visit(_system: str, _code: str, answer: Answer) -> Broken:
    return _only_for(answer, "evaluation", "em_level", "em_patient_type")


def _new_visit(system: str, code: str, answer: Answer) -> Broken:
    new_office_visit = answer.get("em_patient_type") == "new" and (
        answer.get("service_location") == "office"
        or (system == "CPT" and _NEW_OFFICE_VISITS.fullmatch(code) is not None)
    )
    if new_office_visit and answer.get("em_level") == "level_1":
        yield "em_level", "em_level is 'level_1', but a new office visit starts at level_2"


def _modality_implies(_system: str, _code: str, answer: Answer) -> Broken:
    modality = answer.get("imaging_modality")
    if modality == "mammography" and answer.get("body_region") != "breast":
        yield "body_region", f"body_region is {answer.get('body_region')!r}, mammography is breast"
    if modality == "dexa" and answer.get("uses_contrast") is not False:
        found = answer.get("uses_contrast")
        yield "uses_contrast", f"uses_contrast is {found!r}, bone density never uses contrast"


def _eye_and_ear(_system: str, _code: str, answer: Answer) -> Broken:
    region = answer.get("body_region")
    system = answer.get("body_system")
    if system in {"eye", "ear"} and region not in {"head_neck", "whole_body"}:
        yield "body_region", f"body_region is {region!r}, but {system} is head_neck"


def _psychiatric(_system: str, _code: str, answer: Answer) -> Broken:
    region = answer.get("body_region")
    if answer.get("body_system") == "psychiatric" and region is not None:
        yield "body_region", f"body_region is {region!r}, but psychiatric has no region"


def _location(_system: str, _code: str, answer: Answer) -> Broken:
    category = answer.get("procedure_category")
    location = answer.get("service_location")
    if category in PRODUCT_CATEGORIES and location is not None:
        yield "service_location", f"service_location is {location!r}, but {category} is a product"
    acts = category is not None and category not in {*PRODUCT_CATEGORIES, "quality_reporting"}
    if acts and location is None:
        yield (
            "service_location",
            f"service_location is missing, but {category} takes place somewhere",
        )


def _quality(_system: str, _code: str, answer: Answer) -> Broken:
    if answer.get("procedure_category") == "quality_reporting":
        for facet, value in answer.items():
            if facet != "procedure_category" and value is not None:
                yield facet, f"{facet} is {value!r}, but quality_reporting has no other facet"


def _form(system: str, code: str, answer: Answer) -> Broken:
    category = answer.get("procedure_category")
    for form_system, pattern, categories in CODE_FORMS:
        if system == form_system and re.fullmatch(pattern, code) and category not in categories:
            wanted = " or ".join(categories)
            yield (
                "procedure_category",
                f"procedure_category is {category!r}, the code means {wanted}",
            )


def _ladder(_system: str, _code: str, answer: Answer) -> Broken:
    level = answer.get("em_level")
    wanted = VISIT_LADDER.get(str(level))
    found = answer.get("complexity_level")
    if wanted is not None and found != wanted:
        yield "complexity_level", f"complexity_level is {found!r}, but {level} is {wanted}"


RULES: tuple[Rule, ...] = (
    Rule("R1", "imaging_modality is given exactly when procedure_category is imaging.", _modality),
    Rule("R2", "uses_contrast only with imaging.", _contrast),
    Rule("R3", "surgical_approach and is_major_surgery only with surgical.", _surgery),
    Rule("R4", "em_level and em_patient_type only with evaluation.", _visit),
    Rule("R5", "A new office visit is never level_1.", _new_visit),
    Rule("R6", "Mammography: body_region breast. Dexa: uses_contrast false.", _modality_implies),
    Rule("R7", "Eye and ear: body_region head_neck (or a whole_body device).", _eye_and_ear),
    Rule("R8", "Psychiatric: no body_region.", _psychiatric),
    Rule(
        "R9",
        "Products (drug, supply, dme, prosthetic_orthotic, vision_hearing) have no "
        "service_location; every other category except quality_reporting has one.",
        _location,
    ),
    Rule("R10", "quality_reporting has no other facet.", _quality),
    Rule(
        "R11",
        "ddddF is quality_reporting; ddddU and ddddM are laboratory or pathology; J codes drug; L "
        "codes prosthetic_orthotic; 00100-01999 anesthesia.",
        _form,
    ),
    Rule("R12", "em_level 1-3 is simple, 4 moderate, 5 complex.", _ladder),
)


def broken_rules(code_system: str, code: str, answer: Answer) -> list[Finding]:
    """Return what `answer` breaks for this code, in the order of the rules; empty if nothing."""
    return [
        Finding(rule.name, facet, message)
        for rule in RULES
        for facet, message in rule.find(code_system, code, answer)
    ]


def form_of(code_system: str, code: str) -> tuple[bool, ...]:
    """Return all that the rules look at in a code: what breaks them for one breaks them for all."""
    is_visit = code_system == "CPT" and _NEW_OFFICE_VISITS.fullmatch(code) is not None
    return is_visit, *(
        code_system == system and re.fullmatch(pattern, code) is not None
        for system, pattern, _ in CODE_FORMS
    )
