"""The last check on finished rows: what stands as valid must be so."""

import pytest

from facets_pipeline.domain.audit import broken_rows
from facets_pipeline.domain.facets import CODEBOOK

VALID = {
    **dict.fromkeys(CODEBOOK.names),
    "code_system": "HCPCS",
    "code": "A0001",
    "status": "valid",
    "procedure_category": "drug",
}


@pytest.mark.parametrize(
    "fault",
    [
        {"procedure_category": None},
        {"service_location": "home"},
        {"code": "L0001"},
        {"complexity_level": "enormous"},
    ],
)
def test_a_valid_row_with_a_fault_is_named(fault: dict[str, str | None]) -> None:
    row = {**VALID, **fault}
    assert broken_rows([VALID, row], CODEBOOK) == [row["code"]]
    assert broken_rows([{**row, "status": "stale"}], CODEBOOK) == []


def test_a_code_whose_form_forbids_the_answer_of_another_is_named_alone() -> None:
    rows = [{**VALID, "code": code} for code in ("A0001", "L0001", "A0002", "J0001", "L0002")]
    assert broken_rows(rows, CODEBOOK) == ["L0001", "L0002"]
