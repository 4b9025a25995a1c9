"""CMS relative value files as lists of codes."""

import time
from datetime import date
from pathlib import Path

from facets_pipeline.domain.codes import Code
from facets_pipeline_tests.adapters.sources.layouts import (
    PPRRVU_HEADER,
    issues,
    opened,
    pprrvu_line,
    results,
    texts,
    write_lines,
    write_workbook,
)

TITLE = [
    ",,2025 National Physician Fee Schedule Relative Value File October Release" + "," * 13,
    ',,"Words, only, are somebody\'s"' + "," * 13,
    ",,RELEASED 09/11/2025" + "," * 13,
    "," * 15,
]


def _row(code: str, modifier: str, text: str) -> str:
    return f"{code},{modifier},{text},A,,1.25,0.00,,0.00,,0.00,0.00,0.00,0,XXX,0.00"


def test_the_rows_without_a_modifier_are_a_list_of_codes(tmp_path: Path) -> None:
    rows = [
        *(_row("00100", "", ""), _row("00100", "26", "Part"), _row("00100", "TC", "Part")),
        *(_row("0001F", "", "Second"), _row("E0100", "", "Widget"), "00105,,cut"),
    ]
    path = write_lines(tmp_path / "fees.csv", [*TITLE, PPRRVU_HEADER, *rows])
    source = opened(path, "CPT")
    assert source.format == "CMS PPRRVU CSV (code list)"
    assert (source.release, source.released_on) == ("2025-10", date(2025, 9, 11))
    assert [code for code in results(path, "CPT") if isinstance(code, Code)] == [
        Code("CPT", "00100"),
        Code("CPT", "0001F", short_descriptor="Second"),
    ]
    assert issues(path, "CPT") == [
        (10, "skipped", "other_code_system"),
        (11, "refused", "truncated_row"),
    ]
    assert [code.code for code in results(path) if isinstance(code, Code)] == ["E0100"]


def test_the_workbook_is_read_like_the_csv(tmp_path: Path) -> None:
    lines = [*TITLE, PPRRVU_HEADER, _row("00100", "", "First"), _row("00100", "26", "Part")]
    rows: list[list[object]] = [[cell or None for cell in line.split(",")] for line in lines]
    rows.append([100, None, "Number", "A", *([None] * 10), "XXX"])
    path = write_workbook(tmp_path / "PPRRVU25_OCT.xlsx", {"PPRRVU": rows})
    assert opened(path, "CPT").format == "CMS PPRRVU XLSX workbook (code list)"
    assert opened(path, "CPT").release == "2025-10"
    assert results(path, "CPT")[0] == Code("CPT", "00100", short_descriptor="First")
    assert issues(path, "CPT") == [(8, "refused", "numeric_code_cell")]


def test_the_fixed_width_twin_is_read_below_its_hdr_lines(tmp_path: Path) -> None:
    lines = [
        "HDR2025 National Physician Fee Schedule Relative Value File January Release",
        "HDRWords are somebody's",
        pprrvu_line("00100", "", "First thing"),
        pprrvu_line("00100", "26", "Part"),
        pprrvu_line("0001F", "", "Second"),
    ]
    path = write_lines(tmp_path / "fees.txt", lines, "latin-1")
    assert texts(path, "CPT") == {"00100": "First thing", "0001F": "Second"}
    assert opened(path, "CPT").release == "2025-01"
    write_lines(path, [*lines, "00105  Cut"])
    assert issues(path, "CPT") == [(6, "refused", "truncated_row")]


def test_a_day_of_release_that_does_not_exist_is_no_day(tmp_path: Path) -> None:
    title = [line.replace("09/11/2025", "99/99/2025") for line in TITLE]
    path = write_lines(tmp_path / "fees.csv", [*title, PPRRVU_HEADER, _row("E0100", "", "Widget")])
    assert opened(path).released_on == date(2025, 10, 1)


def test_a_title_of_any_length_is_looked_through_once(tmp_path: Path) -> None:
    lines = ["x" * 500_000, PPRRVU_HEADER, _row("E0100", "", "Widget")]
    path = write_lines(tmp_path / "fees.csv", lines)
    started = time.process_time()
    assert opened(path).release == "fees"
    # Looking from every character to the end of the line would take minutes.
    assert time.process_time() - started < 10
