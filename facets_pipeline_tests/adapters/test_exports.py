"""Files of facets: what is in them, and that they are written whole or not at all."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facets_pipeline.adapters.exports import FORMS, export_rows
from facets_pipeline.domain.codebook import Facet, Value
from facets_pipeline.domain.errors import SettingsError, SourceError, StoreError
from facets_pipeline.domain.facets import CODEBOOK

COLUMNS = ["code_system", "code", *CODEBOOK.names, "status", "empty_means", "in_doubt"]
TABLES = ("csv", "parquet", "jsonl")


def row(code: str, **values: object) -> dict[str, Any]:
    """Return a row as the flat table gives it, with columns that no export shows."""
    empty = dict.fromkeys(CODEBOOK.names)
    hidden = {"descriptor": "not to be exported", "opinions": {"reason": "nor this"}}
    return {
        "code_system": "HCPCS",
        "code": code,
        **empty,
        "status": "valid",
        "in_doubt": 0,
        **hidden,
        **values,
    }


def read(path: Path, form: str) -> list[dict[str, Any]]:
    """Return the rows of a written table."""
    if form == "parquet":
        parquet: Any = pq
        return parquet.read_table(path).to_pylist()
    lines = path.read_text("utf-8").splitlines()
    return list(csv.DictReader(lines)) if form == "csv" else list(map(json.loads, lines))


ROWS = [
    row("A0001", procedure_category="imaging", uses_contrast=True),
    row("A0002", procedure_category="imaging", uses_contrast=False),
    row("A0003", status="pending"),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_row_and_column_is_written_and_no_descriptor(tmp_path: Path, form: str) -> None:
    path = tmp_path / "facets"
    assert export_rows(ROWS, path, form) == 3
    assert b"not to be exported" not in path.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["facets"]


@pytest.mark.parametrize("form", TABLES)
def test_what_an_empty_facet_means_is_told_apart(tmp_path: Path, form: str) -> None:
    full = {facet.name: facet.vocabulary[0] for facet in CODEBOOK.facets}
    statuses = ("valid", "stale", "in_review", "pending")
    rows = [row(f"A000{number}", status=status) for number, status in enumerate(statuses)]
    export_rows([*rows, row("A0009", **full)], tmp_path / "facets", form)
    found = [line["empty_means"] or None for line in read(tmp_path / "facets", form)]
    assert found == ["not applicable", "not applicable", "in review", "not answered", None]


def test_csv_has_lower_case_truth_values_and_empty_cells(tmp_path: Path) -> None:
    export_rows(ROWS, tmp_path / "facets.csv", "csv")
    with (tmp_path / "facets.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == COLUMNS
    assert [line["uses_contrast"] for line in found] == ["true", "false", ""]
    assert [line["code"] for line in found] == ["A0001", "A0002", "A0003"]


@pytest.mark.parametrize("form", TABLES)
def test_values_that_a_person_should_look_at_are_counted(tmp_path: Path, form: str) -> None:
    rows = [row("A0001"), row("A0002", procedure_category="drug", in_doubt=2)]
    export_rows(rows, tmp_path / "facets", form)
    found = [line["in_doubt"] for line in read(tmp_path / "facets", form)]
    assert found == (["0", "2"] if form == "csv" else [0, 2])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_csv_never_holds_a_formula(tmp_path: Path, text: str) -> None:
    export_rows([row("A0001", body_system=text)], tmp_path / "facets.csv", "csv")
    with (tmp_path / "facets.csv").open(newline="", encoding="utf-8") as file:
        assert next(iter(csv.DictReader(file)))["body_system"] == f"'{text}"


def test_json_lines_keep_types_and_keys_of_empty_facets(tmp_path: Path) -> None:
    export_rows(ROWS, tmp_path / "facets.jsonl", "jsonl")
    found = [json.loads(line) for line in (tmp_path / "facets.jsonl").read_text().splitlines()]
    assert list(found[0]) == COLUMNS
    assert [line["uses_contrast"] for line in found] == [True, False, None]


def test_parquet_has_types_even_where_a_column_is_empty(tmp_path: Path) -> None:
    many = [row(f"A{number:04d}", is_major_surgery=None) for number in range(2500)]
    assert export_rows(many, tmp_path / "facets.parquet", "parquet") == 2500
    arrow: Any = pa
    parquet: Any = pq
    table = parquet.read_table(tmp_path / "facets.parquet")
    assert table.column_names == COLUMNS
    assert table.num_rows == 2500
    types = {facet.name: table.schema.field(facet.name).type for facet in CODEBOOK.facets}
    assert types["is_major_surgery"] == types["uses_contrast"] == arrow.bool_()
    assert types["procedure_category"] == arrow.string()


@pytest.mark.parametrize("form", FORMS)
def test_an_added_facet_is_written(tmp_path: Path, form: str) -> None:
    facet = Facet("urgent", "Urgent", "Whether it is urgent.", (Value(True, "yes"),))  # noqa: FBT003 - a value
    codebook = CODEBOOK.with_facet(facet)
    export_rows([row("A0001", urgent=True)], tmp_path / "facets", form, codebook)
    assert b"urgent" in (tmp_path / "facets").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_nothing_to_export_leaves_the_old_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / "facets"
    path.write_text("before")
    with pytest.raises(SourceError, match="nothing to export"):
        export_rows([], path, form)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["facets"]


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_break_off_leave_the_old_file(tmp_path: Path, form: str) -> None:
    def breaking() -> Iterator[Mapping[str, Any]]:
        yield from ROWS
        raise StoreError("The connection was lost.")

    path = tmp_path / "facets"
    path.write_text("before")
    with pytest.raises(StoreError, match="connection was lost"):
        export_rows(breaking(), path, form)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["facets"]


@pytest.mark.parametrize("form", FORMS)
def test_a_place_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path, form: str) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent" / "facets", tmp_path / "folder"):
        with pytest.raises(StoreError, match="choose a folder that exists") as caught:
            export_rows(ROWS, path, form)
        assert repr(str(path)) in str(caught.value)
        assert "None" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'xml': use one of csv, parquet, jsonl"):
        export_rows(ROWS, tmp_path / "facets.xml", "xml")
    assert list(tmp_path.iterdir()) == []
