"""Official tables as reference rows."""

from datetime import date
from pathlib import Path

import pytest

from facets_pipeline.adapters.sources.reference import open_reference
from facets_pipeline.domain.errors import SourceError
from facets_pipeline_tests.adapters.sources.layouts import (
    PPRRVU_HEADER,
    pprrvu_line,
    write_lines,
    write_zip,
)

FEES = [
    PPRRVU_HEADER,
    "00100,26,,A,,0.75,,,,,,,,1,ZZZ,0.00",
    "00100,,,A,,1.25,,,,,,,,0,090,0.00",
    "E0100,,,X,,0.00,,,,,,,,9,XXX,0.00",
]
OFFICIAL = [
    (
        "HCPCS_Cd,RBCS_ID,RBCS_Cat,RBCS_Cat_Desc,RBCS_Cat_Subcat,RBCS_Subcat_Desc,RBCS_FamNumb,"
        "RBCS_Family_Desc,RBCS_Major_Ind,HCPCS_Cd_Add_Dt,HCPCS_Cd_End_Dt,RBCS_Assignment_Eff_Dt,"
        "RBCS_Assignment_End_Dt"
    ),
    "E0100,DA000N,D,DME,DA,Aids,000,No RBCS Family,N,01/01/2000,,01/01/2014,12/31/2019",
    "E0100,DB000N,D,DME,DB,Canes,001,Sticks,N,01/01/2000,,01/01/2020,12/31/9999",
    "00100,PA000M,P,Procedure,PA,Sleep,000,No RBCS Family,M,01/01/2000,,01/01/2014,12/31/9999",
]
PUBLISHED = [
    (
        "hcpcs_code,rbcs_procedure,rbcs_category,rbcs_subcategory,rbcs_family,hcpcs_date_added,"
        "hcpcs_date_ended,rbcs_date_effective"
    ),
    "E0100,Non-Procedure,DME,Canes,Sticks,2000-01-01,9999-12-31,2020-01-01",
    "E0100,Non-Procedure,DME,Aids,No RBCS Family,2000-01-01,9999-12-31,2014-01-01",
    "00100,Major,Procedure,Sleep,No RBCS Family,2000-01-01,9999-12-31,2014-01-01",
]
CANE = {"category": "DME", "subcategory": "Canes", "family": "Sticks", "major": "N"}


def _rows(path: Path, on: date | None = None) -> dict[str, dict[str, str]]:
    return {row.code: dict(row.values) for row in open_reference(path, on=on).rows()}


def test_the_fee_schedule_says_one_thing_per_code(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "PPRRVU2025_Oct.csv", FEES)
    source = open_reference(path)
    assert (source.kind, source.release, len(source.digest)) == ("pprrvu", "2025-10", 64)
    assert _rows(path) == {
        "00100": {"status": "A", "global_days": "090", "work_rvu": "1.25", "pctc": "0"},
        "E0100": {"status": "X", "global_days": "XXX", "work_rvu": "0.00", "pctc": "9"},
    }


def test_the_fixed_width_twin_finds_its_global_days_by_their_values(tmp_path: Path) -> None:
    lines = [
        "HDR2025 National Physician Fee Schedule Relative Value File",
        pprrvu_line("00100", days="090"),
        pprrvu_line("00105", days="000"),
        pprrvu_line("E0100", days="XXX"),
    ]
    rows = _rows(write_lines(tmp_path / "PPRRVU25_JAN.txt", lines))
    assert [values["global_days"] for values in rows.values()] == ["090", "000", "XXX"]
    assert rows["00100"] == {"status": "A", "global_days": "090", "work_rvu": "1.25", "pctc": ""}


def test_a_cut_row_of_a_reference_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Row 5 of 'fees\.csv'"):
        _rows(write_lines(tmp_path / "fees.csv", [*FEES, "E0105,,"]))
    with pytest.raises(SourceError, match=r"Row 5 of 'rbcs\.csv'"):
        _rows(write_lines(tmp_path / "rbcs.csv", [*PUBLISHED, "E0105,"]))


@pytest.mark.parametrize("lines", [OFFICIAL, PUBLISHED], ids=["official", "published"])
def test_the_newest_assignment_of_a_code_counts_or_that_of_a_day(
    tmp_path: Path, lines: list[str]
) -> None:
    path = write_lines(tmp_path / "rbcs_2024.csv", lines)
    assert (open_reference(path).kind, open_reference(path).release) == ("rbcs", "2024")
    assert _rows(path)["E0100"] == CANE
    assert _rows(path)["00100"]["major"] == "M"
    assert _rows(path, date(2015, 1, 1))["E0100"]["subcategory"] == "Aids"
    assert _rows(path, date(2013, 1, 1)) == {}


def test_a_table_in_an_archive_is_found(tmp_path: Path) -> None:
    text = "".join(f"{line}\r\n" for line in PUBLISHED).encode()
    path = write_zip(tmp_path / "rbcs.zip", {"notes.txt": b"Hello\n", "rbcs_2024.csv": text})
    assert _rows(path)["E0100"] == CANE
    with pytest.raises(SourceError, match="holds 0 reference tables"):
        open_reference(write_zip(path, {"notes.txt": b"Hello\n"}))


def test_any_other_table_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "codes.csv", ["code,long", "E0100,Cane"])
    with pytest.raises(SourceError, match="no official table that is known"):
        open_reference(path)


def test_a_bad_date_is_an_error_with_its_row(tmp_path: Path) -> None:
    lines = [PUBLISHED[0], PUBLISHED[1].replace("2020-01-01", "soon")]
    with pytest.raises(SourceError, match=r"Row 2 of 'rbcs\.csv'.*'soon'"):
        _rows(write_lines(tmp_path / "rbcs.csv", lines))
