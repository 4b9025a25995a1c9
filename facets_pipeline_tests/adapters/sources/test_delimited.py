"""Delimited text of any make: found columns, strict rows, and text from first to last."""

import csv
import io
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facets_pipeline.adapters.sources.source import read_codes
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RawRow, RowIssue
from facets_pipeline_tests.adapters.sources.layouts import (
    LICENCE,
    issues,
    opened,
    results,
    texts,
    write,
    write_lines,
)

CODES = {"E0100": "Cane, wooden", "E0105": "Cane with four feet"}


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
@pytest.mark.parametrize("name", ["HCPCS_CODE", "HCPC", "Code", "procedure_code", "CPT/HCPCS"])
def test_any_delimiter_and_name_of_the_code_column_is_found(
    tmp_path: Path, mark: str, name: str
) -> None:
    lines = [f"id{mark}{name}{mark}Long Description"]
    lines += [f'{n}{mark}{code}{mark}"{text}"' for n, (code, text) in enumerate(CODES.items())]
    path = write_lines(tmp_path / "codes.txt", lines)
    assert texts(path) == CODES
    assert opened(path).columns == {
        "code": f"{name} (by its name)",
        "long": "Long Description (by its name)",
    }


def test_all_columns_are_found_by_name_and_dates_are_kept(tmp_path: Path) -> None:
    lines = [
        "code_system,code,short_desc,long_desc,paraphrased_desc,category,effective_date,term_date",
        "HCPCS,E0100,Cane,A cane,A stick to walk with,Aids,1/31/2020,9999-12-31",
        "CPT,00100,Sleep,A sleep,A nap,Sleep,2020-01-31,",
        "HCPCS,E0105,Cane,A cane,A stick,Aids,soon,",
    ]
    path = write_lines(tmp_path / "codes.csv", lines)
    assert results(path)[0] == Code(
        "HCPCS", "E0100", "Cane", "A cane", "A stick to walk with", "Aids", date(2020, 1, 31)
    )
    assert opened(path).has_dates
    assert issues(path) == [(3, "skipped", "other_code_system"), (4, "refused", "bad_date")]


def test_the_systems_own_column_is_preferred(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "map.csv", ["CPT,HCPCS,desc", "00100,E0100,Both things"])
    assert texts(path, "CPT") == {"00100": "Both things"}
    assert texts(path, "HCPCS") == {"E0100": "Both things"}


def test_columns_without_telling_names_are_found_by_what_stands_in_them(tmp_path: Path) -> None:
    lines = ["Nr,Artikel,Bezeichnung", "1,E0100,A cane made of wood", "2,E0105,A cane with feet"]
    path = write_lines(tmp_path / "artikel.csv", lines)
    assert texts(path) == {"E0100": "A cane made of wood", "E0105": "A cane with feet"}
    assert opened(path).columns == {
        "code": "Artikel (by the codes in it)",
        "long": "Bezeichnung (by the length of its texts)",
    }


def test_a_table_without_a_header_is_read_from_its_first_row(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "bare.csv", ["E0100,A cane made of wood", "E0105,A cane with feet"]
    )
    assert list(texts(path)) == ["E0100", "E0105"]
    assert opened(path).columns["code"] == "column 1 (by the codes in it)"


def test_a_column_called_code_without_codes_yields_to_one_full_of_them(tmp_path: Path) -> None:
    lines = ["code,billing,description", "17,E0100,Cane", "18,E0105,Cane with feet"]
    path = write_lines(tmp_path / "codes.csv", lines)
    assert list(texts(path)) == ["E0100", "E0105"]


def test_a_header_below_prose_with_loose_quotation_marks_is_found(tmp_path: Path) -> None:
    lines = [*LICENCE, "HCPCS", "", "code,description", 'E0100,"Cane, ""good"""']
    path = write_lines(tmp_path / "codes.csv", lines)
    assert texts(path) == {"E0100": 'Cane, "good"'}
    assert opened(path).notes == ("The table begins in line 7, below other text.",)


def test_everything_is_text_from_first_to_last(tmp_path: Path) -> None:
    rows = ["00100,007", "0E100,NA", "1E5,nan", "NA,1e3", "100,lost"]
    path = write_lines(tmp_path / "codes.csv", ["code,short_desc,long_desc"[:15], *rows])
    raw = [row for row in opened(path, "CPT").rows() if isinstance(row, RawRow)]
    assert [(row.code, row.short) for row in raw] == [
        ("00100", "007"),
        ("0E100", "NA"),
        ("1E5", "nan"),
        ("NA", "1e3"),
        ("100", "lost"),
    ]
    assert texts(write_lines(path, ["code,short_desc", "00100,NA"]), "CPT") == {"00100": "NA"}


def test_rows_with_too_few_or_too_many_cells_are_refused_by_their_line(tmp_path: Path) -> None:
    lines = [
        "code,short,long",
        'E0100,Cane,"A cane',
        'in two lines"',
        "E0105,Cane",
        "E0110,Crutches,Crutches, pair",
        "",
        "E0111,Crutch,Crutch,,",
        "E0112,Cr",
    ]
    path = write(tmp_path / "codes.csv", "\n".join(lines))
    assert [code.code for code in results(path) if isinstance(code, Code)] == ["E0100", "E0111"]
    assert issues(path) == [
        (4, "refused", "truncated_row"),
        (5, "refused", "extra_cells"),
        (8, "refused", "truncated_row"),
    ]


@pytest.mark.parametrize("broken", ['E0105,"Cane', 'E0105,"Cane"s'])
def test_broken_quotation_is_an_error_with_its_line(tmp_path: Path, broken: str) -> None:
    path = write_lines(tmp_path / "codes.csv", ["code,long", "E0100,Cane", broken])
    with pytest.raises(SourceError, match=r"'codes\.csv' cannot be read on from line 3"):
        results(path)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"]
)
def test_every_usual_encoding_is_recognised(tmp_path: Path, encoding: str) -> None:
    control = "\x81" if encoding == "latin-1" else ""
    text = f"code,long\r\nE0100,Caf\xe9 chair{control}\r\n"
    path = write(tmp_path / "codes.csv", text, encoding)
    assert texts(path) == {"E0100": "Café chair"}
    source = opened(path)
    assert source.encoding == ("utf-8-sig" if encoding.startswith("utf-8") else encoding)
    assert bool(source.notes) != encoding.startswith("utf-8")


def test_old_line_ends_a_header_of_two_lines_and_an_end_mark_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "codes.csv", '"HCPCS\rCode",Long Descr\rE0100,Cane\r\x1a')
    assert texts(path) == {"E0100": "Cane"}
    assert opened(path).columns["code"] == "HCPCS Code (by its name)"


def test_a_source_is_read_again_from_its_beginning(tmp_path: Path) -> None:
    source = opened(write_lines(tmp_path / "codes.csv", ["code,long", "E0100,Cane"]))
    assert list(source.rows()) == list(source.rows())
    assert len(source.digest) == 64


def test_a_long_table_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    with path.open("w") as stream:
        stream.write("code,long\n")
        stream.writelines(f"E{number % 100:04d},{'Cane ' * 80}\n" for number in range(20_000))
    assert path.stat().st_size > 8_000_000
    tracemalloc.start()
    codes = sum(isinstance(r, Code) for r in read_codes(opened(path), code_system("HCPCS")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes == 100
    assert peak < 5_000_000


_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    codes=st.lists(st.from_regex(r"[A-V][0-9]{4}", fullmatch=True), min_size=1, unique=True),
    cells=st.data(),
    mark=st.sampled_from(",\t;|"),
)
def test_whatever_a_csv_writer_writes_comes_back_unchanged(
    tmp_path: Path, codes: list[str], cells: st.DataObject, mark: str
) -> None:
    rows = [[cells.draw(_CELLS), code, cells.draw(_CELLS)] for code in codes]
    written = io.StringIO()
    csv.writer(written, delimiter=mark).writerows([["short_desc", "code", "long_desc"], *rows])
    path = write(tmp_path / "codes.csv", written.getvalue())
    raw = [row for row in opened(path).rows() if isinstance(row, RawRow)]
    assert [[row.short, row.code, row.long] for row in raw] == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary() | st.text().map(str.encode) | st.text("EA0123456789,;\t|\"'\r\n ").map(str.encode)
)
def test_arbitrary_bytes_raise_nothing_but_a_source_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(data)
    try:
        found = results(path)
    except SourceError as error:
        assert "'codes.csv'" in str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert all(isinstance(result, Code | RowIssue) for result in found)


def test_rows_wider_than_any_table_are_refused(tmp_path: Path) -> None:
    lines = ["code,long", "E0100,Cane", "E0105,Cane" + "," * 17_000]
    with pytest.raises(SourceError, match="17,002 cells in line 3"):
        results(write_lines(tmp_path / "codes.csv", lines))
