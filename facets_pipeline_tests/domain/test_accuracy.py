"""How answers are counted against gold labels."""

from facets_pipeline.domain.accuracy import Cell, accuracy_of, filled_in
from facets_pipeline.domain.opinions import FacetValue

GOLD: dict[Cell, FacetValue | None] = {
    ("HCPCS", "A0001", "procedure_category"): "supply",
    ("HCPCS", "A0001", "body_system"): None,
    ("HCPCS", "A0002", "is_major_surgery"): True,
}


def test_accuracy_of_counts_cells_and_codes() -> None:
    answers = {
        ("HCPCS", "A0001"): {"procedure_category": "supply", "body_system": "eye"},
        ("HCPCS", "A0002"): {"is_major_surgery": True},
    }
    accuracy = accuracy_of(GOLD, answers)
    assert (accuracy.cells.right, accuracy.cells.total) == (2, 3)
    assert (accuracy.codes.right, accuracy.codes.total) == (1, 2)
    assert accuracy.facets["body_system"].share == 0
    assert accuracy.wrong == ((("HCPCS", "A0001", "body_system"), None, "eye"),)


def test_accuracy_of_counts_a_code_without_answer_as_wrong_even_where_gold_is_null() -> None:
    accuracy = accuracy_of(GOLD, {("HCPCS", "A0002"): {"is_major_surgery": True}})
    assert (accuracy.cells.right, accuracy.codes.right) == (1, 1)


def test_accuracy_of_does_not_take_the_word_true_for_the_truth_value() -> None:
    accuracy = accuracy_of(GOLD, {("HCPCS", "A0002"): {"is_major_surgery": "true"}})
    assert accuracy.facets["is_major_surgery"].right == 0


def test_filled_in_counts_values_where_nothing_belongs() -> None:
    answers = {("HCPCS", "A0001"): {"em_level": "level_1", "body_system": None}}
    cells = [("HCPCS", "A0001", "em_level"), ("HCPCS", "A0001", "body_system")]
    assert filled_in(cells, answers).share == 0.5


def test_filled_in_takes_false_for_a_value() -> None:
    answers = {("HCPCS", "A0001"): {"uses_contrast": False}}
    assert filled_in([("HCPCS", "A0001", "uses_contrast")], answers).right == 1
