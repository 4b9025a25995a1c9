"""What a decision may say, and what must be set along with it."""

import pytest

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.deciding import decided_values, set_along, what_to_set
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.repairing import objections

CODE = Code("HCPCS", "G0001")


def test_values_are_read_in_any_case_and_null_is_no_value() -> None:
    found = decided_values(["Body_Region=THORAX", "uses_contrast=False", "em_level=null"], CODEBOOK)
    assert found == {"body_region": "thorax", "uses_contrast": False, "em_level": None}


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("thorax", "'thorax' decides nothing: write facet=value"),
        ("colour=red", "'colour' is no facet: use one of procedure_category"),
        ("uses_contrast=maybe", "use one of true, false, null"),
        ("procedure_category=null", "procedure_category cannot be 'null'"),
    ],
)
def test_what_is_no_decision_is_told_with_the_choices(pair: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        decided_values([pair], CODEBOOK)


def test_a_facet_is_decided_once() -> None:
    with pytest.raises(SettingsError, match="twice"):
        decided_values(["em_level=null", "em_level=level_1"], CODEBOOK)


@pytest.mark.parametrize(
    "decided",
    [
        {"procedure_category": "surgical"},
        {"em_level": "level_4"},
        {"imaging_modality": "mammography"},
        {"service_location": "home"},
        {"procedure_category": "quality_reporting"},
    ],
)
def test_what_is_set_along_makes_the_rules_hold(decided: dict[str, FacetValue | None]) -> None:
    before: dict[str, FacetValue | None] = {"procedure_category": "drug", "body_region": "thorax"}
    answer = CODEBOOK.complete({**before, **decided})
    assert objections(CODE, answer, CODEBOOK)
    along = set_along(CODE, answer, decided, CODEBOOK)
    assert along
    assert not along.keys() & decided.keys()
    first = {facet: values[0] for facet, values in along.items()}
    assert objections(CODE, {**answer, **first}, CODEBOOK) == []


def test_where_nothing_helps_nothing_is_set_along() -> None:
    decided: dict[str, FacetValue | None] = {"procedure_category": "drug", "uses_contrast": True}
    assert set_along(CODE, CODEBOOK.complete(decided), decided, CODEBOOK) == {}
    assert what_to_set({}) == "decide other values"


def test_choices_are_a_few() -> None:
    assert what_to_set({"em_level": (None, "level_1")}) == "set along em_level=null|level_1"
    assert what_to_set({"a": ("1", "2", "3", "4", "5")}) == "set along a=1|2|3|4 or others"
