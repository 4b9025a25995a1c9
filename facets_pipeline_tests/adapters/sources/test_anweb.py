"""CMS HCPCS releases: fixed-width text and workbook."""

from datetime import date
from pathlib import Path

from facets_pipeline.domain.codes import Code
from facets_pipeline_tests.adapters.sources.layouts import (
    ANWEB_HEADER,
    anweb_records,
    issues,
    opened,
    results,
    texts,
    write_lines,
    write_workbook,
)

LONG = "A widget of blue steel with " + "very " * 30 + "long handle"
DISCLAIMER = ["***Disclaimers\t\t", "\t\t", "*Names are for indexing only.\xa0\t", "", ""]


def _text(tmp_path: Path, lines: list[str]) -> Path:
    return write_lines(tmp_path / "HCPC2021_JUL_ANWEB.txt", lines, "latin-1")


def test_continuation_records_become_one_descriptor_and_dates_are_read(tmp_path: Path) -> None:
    lines = [
        *DISCLAIMER,
        *anweb_records("A1", "A modifier that " + "goes on " * 12, "Modifier"),
        *anweb_records("E0100", LONG, "Widg\xe9t", terminated="20211231"),
        *anweb_records("E0105", "Cane", "Cane"),
    ]
    path = _text(tmp_path, lines)
    source = opened(path)
    assert (source.format, source.release, source.has_dates, source.encoding) == (
        *("CMS HCPCS ANWEB text", "2021-07", True),
        "cp1252",
    )
    assert source.released_on == date(2021, 7, 1)
    assert list(source.columns) == ["code", "long", "short", "effective", "terminated"]
    first = next(code for code in results(path) if isinstance(code, Code))
    # Records are joined by one space, wherever the text was cut.
    assert first.long_descriptor.replace(" ", "") == LONG.replace(" ", "")
    assert first.short_descriptor == "Widgét"
    assert (first.effective_on, first.terminated_on) == (date(2020, 1, 1), date(2021, 12, 31))
    assert issues(path) == [(6, "skipped", "modifier")]


def test_a_last_record_that_is_cut_off_is_refused_with_its_row(tmp_path: Path) -> None:
    whole = "\r\n".join(
        [*anweb_records("E0100", "Widget", "W"), *anweb_records("E0105", LONG, "L")]
    )
    for cut, row in ((320 + 2 + 120, 2), (2 * 322 + 40, 3), (2 * 322 + 6, 3)):
        path = tmp_path / "HCPC2021_ANWEB.txt"
        path.write_bytes(whole[:cut].encode())
        assert issues(path)[-1] == (row, "refused", "truncated_row")


def test_records_whose_trailing_blanks_were_stripped_are_whole(tmp_path: Path) -> None:
    records = [*anweb_records("E0100", LONG, "W"), *anweb_records("E0105", "Cane", "C")]
    path = _text(tmp_path, [record.rstrip() for record in records])
    assert list(texts(path)) == ["E0100", "E0105"]


def test_a_continuation_without_its_first_record_is_refused(tmp_path: Path) -> None:
    lines = [*anweb_records("E0105", "Cane", "C"), *anweb_records("E0100", LONG, "W")[1:]]
    assert issues(_text(tmp_path, lines)) == [(2, "refused", "orphan_continuation")]


def test_a_workbook_is_read_below_its_disclaimer_with_continuations(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Note regarding coverage"],
        [],
        ANWEB_HEADER,
        ["   A1", "0010", 7.0, "Modifier one", "Mod", "C", 20200101.0, "20200101", "", "N"],
        ["E0100", "0010", "3", "Widget of", "Widget", "C", "20200101", "20200101", "", "N"],
        ["E0100", "0020", "4", "blue steel", "", "", "", "", "", ""],
        ["E0105", "0010", "3", "Cane", "Cane", "C", 20200101, "20200101", "20210101", "N"],
        [12345, "0010", "3", "Number", "Number", "C", "20200101", "20200101", "", "N"],
    ]
    path = write_workbook(tmp_path / "HCPC2021_JAN_ANWEB.xlsx", {"A": rows})
    source = opened(path)
    assert (source.format, source.release) == ("CMS HCPCS ANWEB XLSX workbook", "2021-01")
    codes = [code for code in results(path) if isinstance(code, Code)]
    assert [(code.code, code.long_descriptor) for code in codes] == [
        ("E0100", "Widget of blue steel"),
        ("E0105", "Cane"),
    ]
    assert codes[1].terminated_on == date(2021, 1, 1)
    assert issues(path) == [(4, "skipped", "modifier"), (8, "refused", "numeric_code_cell")]
