"""Rows of gold files: what is used, how it is read, and that nothing is dropped silently."""

import pytest

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.gold import GoldLabels, GoldRow
from facets_pipeline.domain.gold_rows import GoldReader
from facets_pipeline.domain.opinions import FacetValue


def labels(*rows: tuple[str, str, str, str | None]) -> GoldLabels:
    reader = GoldReader(CODEBOOK)
    for number, (system, code, facet, value) in enumerate(rows, start=2):
        reader.take(GoldRow("gold.csv", number, system, code, facet, value))
    return reader.labels()


def only_value(*row: str) -> FacetValue | None:
    (value,) = labels((row[0], row[1], row[2], row[3])).values.values()
    return value


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "  ",
        "NULL",
        "None",
        "NaN",
        "n/a",
        "N/A",
        "#N/A",
        "<NA>",
        "-",
        "\u2014",
        "Not applicable",
    ],
)
def test_every_spelling_of_null_means_that_there_must_be_no_value(spelled: str) -> None:
    assert only_value("CPT", "70010", "body_system", spelled) is None


@pytest.mark.parametrize(("spelled", "value"), [("TRUE", True), ("yes", True), ("0", False)])
def test_truth_values_have_many_spellings(spelled: str, *, value: bool) -> None:
    assert only_value("CPT", "70010", "uses_contrast", spelled) is value


def test_another_case_is_read_and_told() -> None:
    found = labels(("Cpt", "70010", "Imaging Modality", "X-Ray"))
    assert found.values == {("CPT", "70010", "imaging_modality"): "xray"}
    assert found.counts == {"other_spelling": 3}
    assert "'X-Ray' was read as 'xray'" in [issue.message for issue in found.issues]


def test_a_code_system_that_is_not_said_follows_from_the_form_of_the_code() -> None:
    found = labels(("", "g0008", "procedure_category", "treatment"))
    assert list(found.values) == [("HCPCS", "G0008", "procedure_category")]
    assert found.counts == {"system_inferred": 1}


@pytest.mark.parametrize(
    ("row", "rule", "says"),
    [
        (("ICD", "70010", "body_system", "ear"), "unknown_code_system", "use CPT, HCPCS"),
        (("CPT", "100", "body_system", "ear"), "not_a_code", "leading zeros"),
        (("CPT", "G0008", "body_system", "ear"), "not_a_code", "form of CPT"),
        (("", "hello", "body_system", "ear"), "not_a_code", "no known code"),
        (("CPT", "70010", "colour", "red"), "unknown_facet", "procedure_category, body_system"),
        (("CPT", "70010", "body_system", "elbow"), "unknown_value", "integumentary"),
        (("CPT", "70010", "procedure_category", ""), "unknown_value", "every code has one"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_choices(
    row: tuple[str, str, str, str], rule: str, says: str
) -> None:
    found = labels(row)
    assert found.values == {}
    (issue,) = found.issues
    assert (issue.rule, issue.row) == (rule, 2)
    assert says in issue.message


def test_duplicates_count_once_and_contradictions_not_at_all() -> None:
    found = labels(
        ("CPT", "70010", "body_system", "ear"),
        ("CPT", "70010", "body_system", "EAR"),
        ("CPT", "70015", "body_system", "ear"),
        ("CPT", "70015", "body_system", "eye"),
        ("CPT", "70015", "body_system", "eye"),
    )
    assert found.values == {("CPT", "70010", "body_system"): "ear"}
    assert found.counts == {"contradiction": 3, "other_spelling": 1, "duplicate": 1}


def test_a_value_where_the_list_says_that_none_applies_is_a_contradiction() -> None:
    found = labels(("CPT", "70010", "em_level", None), ("CPT", "70010", "em_level", "level_1"))
    assert (found.values, found.not_applicable) == ({}, frozenset())
    assert found.counts == {"contradiction": 2}


def test_false_is_a_value_and_not_the_lack_of_one() -> None:
    found = labels(
        ("CPT", "70010", "uses_contrast", "false"), ("CPT", "70010", "uses_contrast", "")
    )
    assert found.counts == {"contradiction": 2}


def test_codes_that_the_store_does_not_have_are_left_out_by_name() -> None:
    found = labels(("CPT", "70010", "body_system", "ear"), ("CPT", "70015", "em_level", None))
    known = found.only({"CPT": frozenset({"70010"})}, ("CPT", "HCPCS"))
    assert list(known.values) == [("CPT", "70010", "body_system")]
    assert known.not_applicable == frozenset()
    assert known.counts == {"not_in_store": 1}
    assert "CPT 70015" in known.issues[-1].message
