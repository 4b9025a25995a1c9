"""AMA CPT text layouts, with invented texts."""

from pathlib import Path

import pytest

from facets_pipeline.domain.codes import Code
from facets_pipeline_tests.adapters.sources.layouts import (
    LICENCE,
    issues,
    opened,
    results,
    texts,
    write_lines,
    write_workbook,
)


@pytest.mark.parametrize(
    ("name", "lines", "short"),
    [
        ("LONGULT.txt", ["00100\tFirst thing done", "0001F\tSecond thing done"], False),
        ("MEDU.txt", ["00100 FIRST THING DONE", "0001F SECOND THING DONE"], True),
        ("SHORTU.txt", ["00100 FIRST THING DONE", "0001F SECOND THING DONE"], True),
    ],
)
def test_lines_of_code_and_text_are_read_below_the_licence(
    tmp_path: Path, name: str, lines: list[str], *, short: bool
) -> None:
    path = write_lines(tmp_path / name, LICENCE * 8 + lines)
    codes = [code for code in results(path, "CPT") if isinstance(code, Code)]
    assert [code.code for code in codes] == ["00100", "0001F"]
    for code in codes:
        assert bool(code.short_descriptor) == short
        assert bool(code.long_descriptor) != short
    assert opened(path, "CPT").columns["code"] == "characters 1-5 (fixed layout)"


def test_records_of_80_columns_are_joined(tmp_path: Path) -> None:
    lines = [
        *LICENCE,
        "0010001 A thing that is done with care and then",
        "0010002 done again",
        "0001F01 Another thing",
    ]
    path = write_lines(tmp_path / "LONGULF.txt", lines)
    assert texts(path, "CPT") == {
        "00100": "A thing that is done with care and then done again",
        "0001F": "Another thing",
    }


def test_a_line_without_a_text_is_refused_with_its_row(tmp_path: Path) -> None:
    lines = ["00100 FIRST", *(f"0010{n} THING" for n in range(1, 10)), "00110"]
    path = write_lines(tmp_path / "SHORTU.txt", lines)
    assert issues(path, "CPT") == [(11, "refused", "truncated_row")]


def test_the_consumer_file_gives_plain_descriptors(tmp_path: Path) -> None:
    lines = [
        *LICENCE,
        "Concept Id\tCPT Code\tConsumer Friendly Descriptor",
        "1000001\t00100\tSleep for a first thing",
        "1000002\t0001F\tSecond thing",
    ]
    path = write_lines(tmp_path / "ConsumerDescriptor.txt", lines)
    codes = [code for code in results(path, "CPT") if isinstance(code, Code)]
    assert [(code.code, code.plain_descriptor) for code in codes] == [
        ("00100", "Sleep for a first thing"),
        ("0001F", "Second thing"),
    ]


def test_all_clinician_descriptors_of_a_code_are_joined_and_that_is_said(tmp_path: Path) -> None:
    lines = [
        *LICENCE,
        "Concept Id\tCPT Code\tClinician Descriptor Id\tClinician Descriptor",
        "1000001\t00100\t1\tFirst thing, left",
        "1000002\t0001F\t2\tSecond thing",
        "1000001\t00100\t3\tFirst thing, right",
        "1000001\t00100\t4\tFirst thing, left",
    ]
    path = write_lines(tmp_path / "ClinicianDescriptor.txt", lines)
    assert texts(path, "CPT") == {
        "00100": "First thing, left; First thing, right",
        "0001F": "Second thing",
    }
    assert any("joined" in note for note in opened(path, "CPT").notes)


CONSOLIDATED = [
    ["Concept Id", "CPT Code", "Long", "Medium", "Short", "Consumer", "Spanish Consumer"],
    ["1000001", "00100", "First thing, done", "FIRST THING", "FIRST", "The first thing", "Cosa"],
    ["1000002", "0001F", "Second thing", "SECOND THING", "SECOND", "The second thing", "Otra"],
]
CONSOLIDATED[0].append("Current Descriptor Effective Date")
CONSOLIDATED[1].append("20260101")
CONSOLIDATED[2].append("20260101")


@pytest.mark.parametrize("ending", ["csv", "txt", "xlsx"])
def test_the_consolidated_list_is_read_in_all_its_forms(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"ConsolidatedCodeList.{ending}"
    if ending == "xlsx":
        write_workbook(path, {"Codes": [*([line] for line in LICENCE), *CONSOLIDATED]})
    else:
        mark = "," if ending == "csv" else "\t"
        quoted = [mark.join(f'"{cell}"' for cell in row) for row in CONSOLIDATED]
        write_lines(path, [*LICENCE, *quoted])
    first = results(path, "CPT")[0]
    # The date is that of the wording, not of the code, so the code has none.
    assert first == Code("CPT", "00100", "FIRST", "First thing, done", "The first thing")
    assert not opened(path, "CPT").has_dates


def test_two_tabbed_columns_with_a_header_are_a_table_and_keep_their_meaning(
    tmp_path: Path,
) -> None:
    lines = ["CPT Code\tShort Description", "00100\tFirst thing", "0001F\tSecond thing"]
    path = write_lines(tmp_path / "codes.txt", lines)
    assert opened(path, "CPT").format == "tab-separated text"
    assert results(path, "CPT")[0] == Code("CPT", "00100", short_descriptor="First thing")
