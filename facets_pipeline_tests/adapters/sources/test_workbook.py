"""Workbooks: sheets, number cells, and files that would harm."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline_tests.adapters.sources.layouts import (
    issues,
    opened,
    results,
    texts,
    write,
    write_workbook,
    write_zip,
)
from facets_pipeline_tests.fuzz.legacy_workbook import xls_bytes


def test_the_sheet_with_codes_is_read_whatever_stands_beside_it(tmp_path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Read me": [["About this file"], ["It was made up"]],
        "Codes": [[], [None, "HCPCS", "Long Description"], [None, "E0100", "Cane"]],
    }
    path = write_workbook(tmp_path / "codes.xlsx", sheets)
    assert texts(path) == {"E0100": "Cane"}
    assert opened(path).notes == ("The sheet 'Codes' was read.",)


def test_a_number_in_the_code_column_is_refused_with_its_row(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        *(["CPT Code", "Description"], ["00100", "One"], [100, "Two"]),
        *([99213.0, "Three"], [None, None], ["0E100", "Four"]),
    ]
    path = write_workbook(tmp_path / "codes.xlsx", {"A": rows})
    assert issues(path, "CPT") == [
        (3, "refused", "numeric_code_cell"),
        (4, "refused", "numeric_code_cell"),
        (6, "refused", "malformed_code"),
    ]


def test_a_workbook_with_nothing_but_number_codes_says_so(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "codes.xlsx", {"A": [["CPT Code", "Description"], [100, "Two"]]}
    )
    with pytest.raises(SourceError, match=r"no usable CPT code.*Row 2 of 'codes\.xlsx'.*number"):
        results(path, "CPT")


def test_days_and_numbers_in_other_columns_are_understood(tmp_path: Path) -> None:
    header: list[object] = ["code", "long_desc", "effective_date", "termination_date"]
    row: list[object] = ["E0100", 12, datetime(2020, 1, 31), 20211231]  # noqa: DTZ001 (cells have no zone)
    path = write_workbook(tmp_path / "codes.xlsx", {"A": [header, row]})
    assert results(path) == [
        Code("HCPCS", "E0100", "", "12", "", "", date(2020, 1, 31), date(2021, 12, 31))
    ]


def test_a_workbook_without_a_filled_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="without a filled sheet"):
        opened(write_workbook(tmp_path / "codes.xlsx", {"A": []}))


@pytest.mark.parametrize("name", ["codes.xlsx", "codes.xls"])
def test_a_damaged_workbook_is_refused(tmp_path: Path, name: str) -> None:
    path = write_workbook(tmp_path / name, {"A": [["code", "long"], ["E0100", "Cane"]]})
    start = b"" if name.endswith("x") else b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    path.write_bytes((start + path.read_bytes())[:-400])
    with pytest.raises(SourceError, match=f"'{name}' (is a damaged|cannot be opened)"):
        opened(path)


def test_a_workbook_that_would_unpack_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    zeros = b"0" * 5_000_000
    parts = {"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": zeros}
    with pytest.raises(SourceError, match=r"compressed \d+ to 1"):
        opened(write_zip(tmp_path / "bomb.xlsx", parts))


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "codes.xlsx", {"A": [["code", "long"], ["E0100", "Cane"]]})
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    declared = path.read_bytes()
    path.write_bytes(declared.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(SourceError, match="damaged archive"):
        opened(path)


def test_cells_far_apart_are_refused_before_they_fill_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"] = "code"
    sheet["XFD1048576"] = "far out"
    path = tmp_path / "sparse.xlsx"
    book.save(path)
    with pytest.raises(SourceError, match=r"row 1,048,576 and column 16,384"):
        opened(path)


def test_another_office_document_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "codes.ods", {"mimetype": b"spreadsheet", "content.xml": b"<x/>"})
    with pytest.raises(SourceError, match=r"save it as \.xlsx or \.csv"):
        opened(path)


def test_a_text_called_xlsx_is_read_as_the_text_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "codes.xlsx", "code,long\nE0100,Cane\n")
    assert texts(path) == {"E0100": "Cane"}
    assert opened(path).format == "CSV"


def test_a_sheet_in_an_unusual_folder_is_guarded_as_well(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["XFD1048576"] = "far out"
    path = tmp_path / "sparse.xlsx"
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {
            name.replace("worksheets/", "x/"): archive.read(name).replace(b"worksheets/", b"x/")
            for name in archive.namelist()
        }
    with pytest.raises(SourceError, match=r"row 1,048,576 and column 16,384"):
        opened(write_zip(path, parts))


def test_an_old_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "codes.xls"
    path.write_bytes(xls_bytes([["code", "long_desc"], ["E0100", "Cane"]]))
    assert texts(path) == {"E0100": "Cane"}
    assert opened(path).format == "XLS workbook"


def test_an_old_workbook_that_would_fill_memory_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "far.xls"
    good = xls_bytes([["code", "long_desc"], ["E0100", "Cane"]])
    # Row 1 and column 1 of the last cell become 65,535 each: 128 GB of empty cells.
    place = good.index(b"Cane") - 9
    path.write_bytes(good[:place] + b"\xff\xff\xff\xff" + good[place + 4 :])
    with pytest.raises(SourceError, match="more than 2 GB of memory"):
        opened(path)


def test_an_old_workbook_over_which_its_reader_panics_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "cut.xls"
    # The allocation table ends in the middle of a number.
    path.write_bytes(xls_bytes([["code", "long_desc"]])[: 512 + 99])
    with pytest.raises(SourceError, match=r"'cut\.xls' cannot be opened .*broke down") as caught:
        opened(path)
    assert "slice" not in str(caught.value)


def test_a_cell_longer_than_any_text_is_refused(tmp_path: Path) -> None:
    header: list[object] = ["code", "long_desc"]
    path = write_workbook(tmp_path / "codes.xlsx", {"A": [header, ["E0100", "Cane"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"Cane", b"Cane" * 40_000)
    with pytest.raises(SourceError, match="row 2 has a cell of 160,000 characters"):
        opened(write_zip(path, parts))
