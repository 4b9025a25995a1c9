"""What the fee schedule and RBCS decide, and where a heading is left alone."""

from collections.abc import Mapping

import pytest

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.official import OfficialValues, sharpened
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated, answer_of
from facets_pipeline.domain.rules import broken_rules

_NAMES = CODEBOOK.names


def opinion(basis: str = "heading: a range", **values: FacetValue | None) -> Opinion:
    """Return an opinion on every facet; what is not named is null."""
    return {
        name: Stated(values.get(name), basis, decided=basis.startswith("heading"))
        for name in _NAMES
    }


def surgery(**values: FacetValue | None) -> Opinion:
    """Return an opinion on a surgical code of unknown size."""
    known = {**values, "procedure_category": "surgical", "service_location": "any"}
    found = {name: Stated(known.get(name), "heading: a range", decided=True) for name in _NAMES}
    for facet in ("is_major_surgery", "complexity_level"):
        found[facet] = Stated(values.get(facet), "usual global period 010: a range", decided=False)
    return found


def fees(days: str, work: str = "0.00", status: str = "A") -> OfficialValues:
    """Return what the fee schedule says."""
    return OfficialValues(fees={"status": status, "global_days": days, "work_rvu": work})


def rbcs(category: str, subcategory: str, family: str = "No RBCS Family") -> OfficialValues:
    """Return what RBCS says."""
    parts = {"category": category, "subcategory": subcategory, "family": family}
    return OfficialValues(taxonomy=parts)


@pytest.mark.parametrize(
    ("days", "value"),
    [("090", True), ("000", False), ("010", False), ("XXX", None), ("YYY", None), ("MMM", None)],
)
def test_global_days_decide_major_surgery(days: str, value: FacetValue | None) -> None:
    found = sharpened("CPT", "20000", surgery(is_major_surgery=value is False), fees(days))
    assert found["is_major_surgery"] == Stated(value, f"pfs: global {days}", decided=True)


def test_an_add_on_code_keeps_the_value_of_its_base() -> None:
    before = surgery(is_major_surgery=True)
    assert sharpened("CPT", "20000", before, fees("ZZZ")) == before


def test_a_period_that_means_nothing_leaves_a_heading_that_names_the_base() -> None:
    before = dict(surgery())
    before["is_major_surgery"] = Stated(value=True, basis="heading: further levels", decided=True)
    assert sharpened("CPT", "0165T", before, fees("YYY"))["is_major_surgery"].value is True
    assert sharpened("CPT", "0165T", before, fees("000"))["is_major_surgery"].value is False


def test_a_heading_that_says_the_same_is_named_beside_the_table() -> None:
    before = dict(surgery())
    before["is_major_surgery"] = Stated(value=True, basis="heading: a range", decided=True)
    found = sharpened("CPT", "20000", before, fees("090"))["is_major_surgery"]
    assert found.basis == "pfs: global 090 (heading: a range)"


def test_status_m_is_quality_reporting_and_nothing_else() -> None:
    before = opinion(procedure_category="evaluation", service_location="any", em_level="level_3")
    found = sharpened("HCPCS", "G8000", before, fees("XXX", status="M"))
    assert found["procedure_category"].basis == "pfs: status M"
    given = {name: value for name, value in answer_of(found).items() if value is not None}
    assert given == {"procedure_category": "quality_reporting"}


@pytest.mark.parametrize(
    ("days", "work", "value"),
    [
        ("000", "2.49", "simple"),
        ("010", "2.50", "moderate"),
        ("090", "15.00", "moderate"),
        ("090", "15.01", "complex"),
        ("090", "1.00", "moderate"),
    ],
)
def test_work_helps_to_guess_the_size_but_decides_nothing(days: str, work: str, value: str) -> None:
    found = sharpened("CPT", "20000", surgery(), fees(days, work))["complexity_level"]
    assert (found.value, found.decided) == (value, False)


@pytest.mark.parametrize("work", ["0.00", "", "none"])
def test_without_work_the_guess_stays(work: str) -> None:
    before = surgery(complexity_level="complex")
    assert sharpened("CPT", "20000", before, fees("090", work))["complexity_level"].value == (
        "complex"
    )


def test_a_grade_word_is_better_than_work() -> None:
    before = dict(surgery())
    before["complexity_level"] = Stated("simple", "descriptor: simple", decided=False)
    found = sharpened("CPT", "20000", before, fees("090", "30.00"))
    assert found["complexity_level"].value == "simple"


@pytest.mark.parametrize(
    ("official", "value"),
    [
        (rbcs("Imaging", "CT Scan", "CT/CTA - Chest"), "ct"),
        (rbcs("Imaging", "Nuclear", "PET- Oncology"), "pet"),
        (rbcs("Imaging", "Standard X-ray", "X-ray - Chest"), "xray"),
        (rbcs("Imaging", "Standard X-ray"), "other"),
        (rbcs("Imaging", "Nuclear"), "other"),
    ],
)
def test_a_group_of_rbcs_with_one_modality_decides_it(official: OfficialValues, value: str) -> None:
    before = dict(opinion(procedure_category="imaging", service_location="any"))
    before["imaging_modality"] = Stated("other", "guess: modality not stated", decided=False)
    assert sharpened("HCPCS", "C9756", before, official)["imaging_modality"].value == value


def test_rbcs_fills_in_a_category_with_what_it_needs_and_without_what_it_excludes() -> None:
    before = opinion(
        "guess: a size",
        procedure_category="surgical",
        service_location="any",
        is_major_surgery=True,
    )
    found = sharpened("HCPCS", "C9756", before, rbcs("Imaging", "CT Scan"))
    answer = answer_of(found)
    assert (answer["procedure_category"], answer["imaging_modality"]) == ("imaging", "ct")
    assert answer["is_major_surgery"] is None
    assert broken_rules("HCPCS", "C9756", answer) == []


def test_a_heading_is_not_overruled_by_a_group_for_spending_reports() -> None:
    before = opinion(procedure_category="surgical", service_location="any")
    found = sharpened("CPT", "19030", before, rbcs("Imaging", "CT Scan"))
    assert found["procedure_category"] == before["procedure_category"]


@pytest.mark.parametrize("values", [{}, {"status": "A"}])
def test_silent_tables_change_nothing(values: Mapping[str, str]) -> None:
    before = surgery(is_major_surgery=True)
    assert sharpened("CPT", "20000", before, OfficialValues(fees=values)) == before
