"""What the `rules` annotator says of codes, with and without descriptors of our own wording."""

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, answer_of


def said_of(code: str, text: str = "") -> dict[str, FacetValue | None]:
    system = "HCPCS" if code[0].isalpha() else "CPT"
    return dict(answer_of(rules_opinion(Code(system, code, long_descriptor=text))))


def filled(code: str, text: str = "") -> dict[str, FacetValue | None]:
    return {facet: value for facet, value in said_of(code, text).items() if value is not None}


def test_every_facet_has_a_value_or_null_with_a_basis_in_the_order_of_the_codebook() -> None:
    opinion = rules_opinion(Code("HCPCS", "J3300", long_descriptor="Injection of something, 1 mg"))
    assert list(opinion) == [facet.name for facet in CODEBOOK.facets]
    assert all(stated.basis for stated in opinion.values())
    assert opinion["em_level"].basis == "not applicable: category drug"


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("0012F", "quality_reporting"),
        ("0300U", "laboratory"),
        ("0019M", "laboratory"),
        ("0044A", "drug_administration"),
        ("00620", "anesthesia"),
        ("99152", "anesthesia"),
        ("27447", "surgical"),
        ("36415", "laboratory"),
        ("36430", "surgical"),
        ("92961", "surgical"),
        ("77300", "radiation_therapy"),
        ("88305", "pathology"),
        ("88262", "laboratory"),
        ("90686", "drug"),
        ("96413", "drug_administration"),
        ("97598", "therapy"),
        ("96131", "evaluation"),
        ("93306", "imaging"),
        ("92083", "diagnostic_test"),
        ("99183", "treatment"),
        ("99199", "other"),
    ],
)
def test_the_range_of_a_cpt_code_without_text_decides_its_category(
    code: str, category: str
) -> None:
    stated = rules_opinion(Code("CPT", code))["procedure_category"]
    assert stated.value == category
    assert stated.decided
    assert stated.basis.startswith("heading: ")


@pytest.mark.parametrize(
    ("code", "text", "category"),
    [
        ("A4660", "cuff for blood pressure", "supply"),
        ("A5507", "diabetic shoe, changed", "prosthetic_orthotic"),
        ("S9341", "enteral nutrition at home, per diem", "supply"),
        ("S9330", "infusion at home, per diem", "drug_administration"),
        ("T2022", "case management, per month", "home_community"),
        ("G0155", "social worker in the home", "home_community"),
        ("G1002", "decision support", "quality_reporting"),
        ("G2068", "bundle of treatment for opioid use", "treatment"),
        ("G0310", "counselling on vaccines", "evaluation"),
        ("C7901", "remote mental health care", "therapy"),
        ("G0238", "exercise for breathing", "treatment"),
        ("Q5003", "care at a nursing home", "home_community"),
    ],
)
def test_settled_cases_of_category_hold(code: str, text: str, category: str) -> None:
    assert said_of(code, text)["procedure_category"] == category


def test_diagnostic_heart_catheterization_is_minor_endovascular_surgery() -> None:
    assert filled("93458") == {
        "procedure_category": "surgical",
        "body_system": "cardiovascular",
        "body_region": "thorax",
        "surgical_approach": "endovascular",
        "is_major_surgery": False,
        "complexity_level": "moderate",
        "service_location": "any",
    }


def test_a_hospital_visit_of_the_middle_level_is_complete_without_text() -> None:
    assert filled("99232") == {
        "procedure_category": "evaluation",
        "complexity_level": "moderate",
        "service_location": "hospital",
        "em_level": "level_4",
    }


def test_a_remote_visit_is_graded_on_the_same_ladder() -> None:
    answer = said_of("98003")
    assert (answer["em_level"], answer["complexity_level"]) == ("level_5", "complex")
    assert (answer["service_location"], answer["em_patient_type"]) == ("telehealth", "new")


@pytest.mark.parametrize(
    ("text", "approach"),
    [
        ("open or percutaneous mending of an invented part", "combined"),
        ("laparoscopic mending of an invented part", "laparoscopic"),
        ("mending of an invented part through the urethra, transurethral", "natural_orifice"),
        ("stent put into an artery, transcatheter", "endovascular"),
        ("mending by arthroscopy", "arthroscopic"),
        ("closed treatment of a fracture", "external"),
        ("open treatment of a fracture", "open"),
        ("removal of an invented part", None),
    ],
)
def test_words_of_access_state_the_approach_of_surgery(text: str, approach: str | None) -> None:
    assert said_of("S2899", text)["surgical_approach"] == approach


def test_an_excision_without_a_word_for_the_access_has_no_approach() -> None:
    stated = rules_opinion(Code("CPT", "27447"))["surgical_approach"]
    assert (stated.value, stated.basis) == (None, "not stated")


@pytest.mark.parametrize(
    ("text", "contrast"),
    [
        ("magnetic resonance of the chest without contrast", False),
        ("magnetic resonance of the chest with contrast", True),
        ("magnetic resonance of the chest without contrast followed by with contrast", True),
        ("magnetic resonance of the chest with or without contrast", None),
    ],
)
def test_contrast_is_what_the_descriptor_says(text: str, contrast: FacetValue | None) -> None:
    assert said_of("C8915", text)["uses_contrast"] is contrast


def test_a_list_of_sites_is_multiple() -> None:
    assert (
        said_of("C8933", "angiography of the abdomen and the pelvis")["body_region"] == "multiple"
    )


def test_the_trunk_counts_as_several_regions() -> None:
    assert said_of("E0656", "compression appliance for the trunk")["body_region"] == "multiple"


def test_a_gall_bladder_is_no_bladder() -> None:
    assert said_of("C7545", "stones of the gallbladder, removed")["body_region"] == "abdomen"


def test_what_a_descriptor_excludes_is_not_heard() -> None:
    answer = said_of("S5150", "respite care, not hospice; per day")
    assert answer["service_location"] == "any"


def test_the_earliest_word_for_the_access_wins_over_a_later_one() -> None:
    text = "transurethral removal of tissue with a look by cystourethroscopy"
    assert said_of("52601", text)["surgical_approach"] == "natural_orifice"


def test_an_add_on_takes_the_usual_global_period_of_its_base() -> None:
    assert said_of("33508")["is_major_surgery"] is True
    assert said_of("37252")["is_major_surgery"] is False


def test_an_unlisted_procedure_has_no_usual_global_period() -> None:
    assert said_of("43289")["is_major_surgery"] is None


@pytest.mark.parametrize(
    ("code", "complexity"),
    [
        ("12001", "simple"),
        ("12031", "moderate"),
        ("13100", "complex"),
        ("69000", "simple"),
        ("27130", "complex"),
        ("71046", "simple"),
        ("70450", "moderate"),
        ("70470", "complex"),
        ("77063", None),
        ("97162", "moderate"),
        ("80053", None),
    ],
)
def test_complexity_without_text_follows_the_heading(code: str, complexity: str | None) -> None:
    assert said_of(code)["complexity_level"] == complexity


def test_a_grade_word_counts_where_a_heading_gives_none() -> None:
    assert said_of("G6003", "delivery of rays, simple")["complexity_level"] == "simple"
    assert said_of("J1000", "Injection, complex of iron, 1 mg")["complexity_level"] is None


def test_the_first_of_two_settings_counts() -> None:
    answer = said_of("R0070", "transport of films to home or nursing home")
    assert answer["service_location"] == "home"


def test_a_descriptor_that_names_both_kinds_of_patient_names_none() -> None:
    assert said_of("G0101", "visit of a new or established patient")["em_patient_type"] is None
    assert said_of("G0102", "visit of an established patient")["em_patient_type"] == "established"


def test_a_code_without_heading_is_read_from_its_words_and_never_decided() -> None:
    stated = rules_opinion(Code("HCPCS", "S1050", long_descriptor="Dressing, invented, each"))
    assert stated["procedure_category"].value == "supply"
    assert not stated["procedure_category"].decided


def test_the_usual_global_period_is_no_decision() -> None:
    stated = rules_opinion(Code("CPT", "27447"))["is_major_surgery"]
    assert (stated.value, stated.decided) == (True, False)
    assert "usual global period 090" in stated.basis
