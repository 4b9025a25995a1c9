"""What the official CMS tables decide of a code, laid over what code structure and words say.

Belongs here: from the tables' own values (fee schedule: status, global days, work RVU; RBCS:
category, subcategory, family) to facets, as the codebook settles it. Reading the tables is an
adapter's business; which opinion wins in the end is `reconciliation`.

The fee schedule decides `is_major_surgery` and `quality_reporting`, even against a heading. RBCS
groups codes for spending reports: it decides category and modality only where its group means one
value and no heading of the code sets says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from facets_pipeline.domain.bases import NOT_APPLICABLE
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated, answer_of
from facets_pipeline.domain.rules import broken_rules

CATEGORY_OF_RBCS: Mapping[tuple[str, str], str] = {
    ("Anesthesia", "Anesthesia"): "anesthesia",
    ("DME", "Hospital Beds"): "dme",
    ("DME", "Wheelchairs"): "dme",
    ("E&M", "Critical Care Services"): "evaluation",
    ("E&M", "Emergency Department Services"): "evaluation",
    ("E&M", "Hospital Inpatient Services"): "evaluation",
    ("E&M", "Nursing Facility Services"): "evaluation",
    ("E&M", "Observation Care Services"): "evaluation",
    ("Imaging", "CT Scan"): "imaging",
    ("Imaging", "Imaging - Miscellaneous"): "imaging",
    ("Imaging", "Magnetic Resonance"): "imaging",
    ("Imaging", "Ultrasound"): "imaging",
    ("Other", "Ambulance"): "transport",
    ("Procedure", "Breast"): "surgical",
    ("Procedure", "Cardiovascular"): "surgical",
    ("Procedure", "Digestive/Gastrointestinal"): "surgical",
    ("Procedure", "Eye"): "surgical",
    ("Procedure", "Musculoskeletal"): "surgical",
    ("Procedure", "Vascular"): "surgical",
    ("Test", "Anatomic Pathology"): "pathology",
    ("Test", "Cardiography"): "diagnostic_test",
    ("Test", "General Laboratory"): "laboratory",
    ("Test", "Molecular Testing"): "laboratory",
    ("Test", "Pulmonary Function"): "diagnostic_test",
    ("Treatment", "Spinal Manipulation"): "therapy",
}
"""RBCS category and subcategory to the one category that its services have; groups that mix
products with acts, or acts of several categories, are left out."""

MODALITY_OF_RBCS: Mapping[tuple[str, str], str] = {
    ("CT Scan", ""): "ct",
    ("Magnetic Resonance", ""): "mri",
    ("Ultrasound", ""): "ultrasound",
    ("Nuclear", "PET- Oncology"): "pet",
    ("Standard X-ray", "Angiography"): "angiography",
    ("Standard X-ray", "Mammography"): "mammography",
    ("Standard X-ray", "X-ray - Chest"): "xray",
    ("Standard X-ray", "X-ray - Lower Extremity"): "xray",
    ("Standard X-ray", "X-ray - Spine and Pelvis"): "xray",
    ("Standard X-ray", "X-ray - Upper Extremity"): "xray",
}
"""RBCS imaging subcategory and family to the one modality; an empty family stands for all."""

MAJOR_OF_GLOBAL: Mapping[str, bool | None] = {
    "090": True,
    "000": False,
    "010": False,
    "XXX": None,
    "YYY": None,
    "MMM": None,
}
"""Global days to major surgery. ZZZ is missing: an add-on code has the value of its base."""

SIMPLE_BELOW_RVU, COMPLEX_ABOVE_RVU = 2.5, 15.0
"""Work RVUs by which the codebook tells small from large surgery."""


@dataclass(frozen=True, slots=True)
class OfficialValues:
    """What the loaded tables say of one code, in their own words; empty where they are silent.

    Attributes:
        fees: Of the fee schedule: status, global_days, work_rvu.
        taxonomy: Of RBCS: category, subcategory, family.
    """

    fees: Mapping[str, str] = field(default_factory=dict[str, str])
    taxonomy: Mapping[str, str] = field(default_factory=dict[str, str])


def sharpened(
    code_system: str,
    code: str,
    opinion: Opinion,
    official: OfficialValues,
    codebook: Codebook = CODEBOOK,
) -> Opinion:
    """Return `opinion` with what the official tables say of the code laid over it.

    Args:
        code_system: The code's system.
        code: The code.
        opinion: What code structure and descriptor say, for every facet.
        official: What the tables say.
        codebook: The facets.

    Returns:
        An opinion on the same facets that breaks no rule which `opinion` keeps; each value that a
        table gave or confirmed names it: "pfs: global 090".
    """
    found = opinion
    for table in (_category, _modality, _major_surgery, _complexity):
        changed = table(found, official, codebook)
        if changed is found:
            continue
        if not broken_rules(code_system, code, answer_of(changed)):
            found = changed
    return found


def _category(opinion: Opinion, official: OfficialValues, codebook: Codebook) -> Opinion:
    name = codebook.category.name
    stated = opinion[name]
    if official.fees.get("status") == "M":
        return _with_category(opinion, "quality_reporting", "pfs: status M", codebook)
    group = (official.taxonomy.get("category", ""), official.taxonomy.get("subcategory", ""))
    value = CATEGORY_OF_RBCS.get(group)
    if value is None or (stated.decided and stated.value != value):
        return opinion
    return _with_category(opinion, value, f"rbcs: {'/'.join(group)}", codebook)


def _with_category(opinion: Opinion, category: str, basis: str, codebook: Codebook) -> Opinion:
    """Return `opinion` with another category, or the same on a better basis."""
    name = codebook.category.name
    before = opinion[name]
    found = {**opinion, name: _confirmed(before, category, basis)}
    if before.value == category:
        return found
    for facet in codebook.facets[1:]:
        stated = opinion[facet.name]
        if category == "quality_reporting" or not facet.applies_to(category):
            found[facet.name] = Stated(None, f"{NOT_APPLICABLE}{category}", decided=True)
        elif stated.value is None and facet.mandatory:
            fallback = "any" if "any" in facet.vocabulary else "other"
            found[facet.name] = Stated(fallback, f"guess: not stated for {category}", decided=False)
        elif not facet.applies_to(before.value):
            found[facet.name] = Stated(None, "not stated", decided=False)
    return found


def _modality(opinion: Opinion, official: OfficialValues, codebook: Codebook) -> Opinion:
    if opinion[codebook.category.name].value != "imaging":
        return opinion
    group, family = official.taxonomy.get("subcategory", ""), official.taxonomy.get("family", "")
    value = MODALITY_OF_RBCS.get((group, "")) or MODALITY_OF_RBCS.get((group, family))
    stated = opinion["imaging_modality"]
    if value is None or (stated.decided and stated.value != value):
        return opinion
    label = group if (group, "") in MODALITY_OF_RBCS else f"{group}/{family}"
    return {**opinion, "imaging_modality": _confirmed(stated, value, f"rbcs: Imaging/{label}")}


def _major_surgery(opinion: Opinion, official: OfficialValues, codebook: Codebook) -> Opinion:
    days = official.fees.get("global_days", "")
    if opinion[codebook.category.name].value != "surgical" or days not in MAJOR_OF_GLOBAL:
        return opinion
    stated = opinion["is_major_surgery"]
    value = MAJOR_OF_GLOBAL[days]
    # A period that means nothing does not contradict a heading, which may name the base procedure.
    if value is None and stated.decided and stated.value is not None:
        return opinion
    return {**opinion, "is_major_surgery": _confirmed(stated, value, f"pfs: global {days}")}


def _complexity(opinion: Opinion, official: OfficialValues, codebook: Codebook) -> Opinion:
    """Replace a guess by size with one by work RVU; words and headings are better than either."""
    stated = opinion["complexity_level"]
    guessed = not stated.decided and stated.basis.startswith(("usual global period", "guess: "))
    days = official.fees.get("global_days", "")
    if (
        opinion[codebook.category.name].value != "surgical"
        or not guessed
        or MAJOR_OF_GLOBAL.get(days) is None
    ):
        return opinion
    work = _work(official.fees)
    if work is None:
        return opinion
    value, size = "moderate", "in between"
    if days != "090" and work < SIMPLE_BELOW_RVU:
        value, size = "simple", f"below {SIMPLE_BELOW_RVU:g}"
    if days == "090" and work > COMPLEX_ABOVE_RVU:
        value, size = "complex", f"above {COMPLEX_ABOVE_RVU:g}"
    basis = f"pfs: global {days}, work RVU {size}"
    return {**opinion, "complexity_level": Stated(value, basis, decided=False)}


def _work(fees: Mapping[str, str]) -> float | None:
    """Return the work RVU; None if there is none, which the fee schedule writes as 0."""
    try:
        work = float(fees.get("work_rvu", ""))
    except ValueError:
        return None
    return work or None


def _confirmed(stated: Stated, value: FacetValue | None, basis: str) -> Stated:
    """Return the table's value; a heading that says the same is named beside it."""
    if stated.decided and stated.value == value:
        return Stated(value, f"{basis} ({stated.basis})", decided=True)
    return Stated(value, basis, decided=True)
