"""The annotator itself: headings and words combined into one opinion on a code, facet by facet.

Belongs here: the order in which facets are stated, and what the category excludes. What a heading
or a word says stands in the tables. The result never breaks a rule of the codebook.
"""

from collections.abc import Callable

from facets_pipeline.adapters.annotators.rules import facet_rules
from facets_pipeline.adapters.annotators.rules.case import Case
from facets_pipeline.adapters.annotators.rules.complexity import complexity
from facets_pipeline.domain.bases import NOT_APPLICABLE
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Opinion, Stated

_HOW: dict[str, Callable[[Case], Stated]] = {
    "body_system": lambda case: case.usual("body_system"),
    "body_region": facet_rules.region,
    "imaging_modality": facet_rules.modality,
    "uses_contrast": facet_rules.contrast,
    "surgical_approach": lambda case: case.usual("surgical_approach"),
    "is_major_surgery": facet_rules.major_surgery,
    "service_location": facet_rules.location,
    "em_level": lambda case: case.usual("em_level"),
    "em_patient_type": facet_rules.patient_type,
    "complexity_level": complexity,
}
"""How each facet is stated, in an order in which every facet finds those that it follows from."""

_FACETS = {facet.name: facet for facet in CODEBOOK.facets}
_WITHOUT_REGION = frozenset({"drug"})
"""Categories that the codebook's definition leaves without a region, besides its `never_for`."""


def _excluded(case: Case, name: str) -> Stated | None:
    """Return the null that the category imposes on a facet, if it does."""
    facet = _FACETS[name]
    category = case.category
    excluded = (
        category == "quality_reporting"
        or not facet.applies_to(category)
        or (name == "body_region" and category in _WITHOUT_REGION)
    )
    decided = case.stated["procedure_category"].decided
    return Stated(None, f"{NOT_APPLICABLE}{category}", decided) if excluded else None


def rules_opinion(code: Code) -> Opinion:
    """Return what code structure and descriptor words say of `code`, for every facet.

    Args:
        code: The code; its descriptor may be empty, then the headings alone speak.

    Returns:
        Facet name to value, basis and whether a heading, range or code form decides it, in the
        order of the codebook. The values break none of the cross-field rules.
    """
    case = Case(code)
    case.stated["procedure_category"] = facet_rules.category(case)
    for name, how in _HOW.items():
        case.stated[name] = _excluded(case, name) or how(case)
    if case.value("imaging_modality") == "mammography":
        case.stated["body_region"] = Stated("breast", "rule R6: mammography", decided=True)
        case.stated["body_system"] = Stated("integumentary", "heading: breast", decided=True)
    return {name: case.stated[name] for name in _FACETS}
