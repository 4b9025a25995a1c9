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
