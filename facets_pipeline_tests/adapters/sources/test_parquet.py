"""Parquet files as code tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline_tests.adapters.sources.layouts import issues, opened, results, texts


def test_codes_are_read_as_text_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    frame = pd.DataFrame({"code": ["00100", "E0100"], "description": ["Sleep", "Cane"]})
    frame.to_parquet(path)
    assert opened(path, "CPT").format == "Parquet file"
    assert issues(path, "CPT") == [(2, "skipped", "other_code_system")]
    assert results(path, "CPT")[0] == Code("CPT", "00100", long_descriptor="Sleep")


def test_missing_cells_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    frame = pd.DataFrame(
        {"code": ["E0100"], "short_desc": [None], "long_desc": ["Cane"], "category": [float("nan")]}
    )
    frame.to_parquet(path)
    assert texts(path) == {"E0100": "Cane"}


def test_a_number_column_of_codes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    pd.DataFrame({"code": [100, 99213], "long_desc": ["One", "Two"]}).to_parquet(path)
    with pytest.raises(SourceError, match="stored as the number 100"):
        results(path, "CPT")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(SourceError, match=r"'codes\.parquet' is a damaged Parquet file"):
        opened(path)


arrow = cast("Any", pa)
"""The library types only a part of what it has."""

NOT_UTF8 = arrow.Array.from_buffers(
    arrow.string(), 1, [None, arrow.py_buffer(b"\0\0\0\0\2\0\0\0"), arrow.py_buffer(b"\xc3\x28")]
)
NO_DAY = arrow.array([2**61], arrow.timestamp("us"))
NO_ZONE = arrow.array([0], arrow.timestamp("us", "Nowhere/Land"))


def write_parquet(path: Path, columns: Mapping[str, object]) -> Path:
    """Write a file of Arrow columns as they are."""
    parquet.write_table(arrow.table(dict(columns)), path)
    return path


@pytest.mark.parametrize(
    ("column", "words"),
    [(NOT_UTF8, "can't decode byte"), (NO_DAY, "out of range"), (NO_ZONE, "Nowhere/Land")],
    ids=["text", "day", "zone"],
)
def test_a_value_that_cannot_be_read_ends_in_a_sentence(
    tmp_path: Path, column: object, words: str
) -> None:
    path = write_parquet(tmp_path / "codes.parquet", {"code": ["E0100"], "long_desc": column})
    with pytest.raises(SourceError, match=rf"damaged Parquet file .*{words}"):
        opened(path)


def test_a_few_bytes_that_stand_for_any_number_of_rows_are_refused(tmp_path: Path) -> None:
    nothing = arrow.nulls(2_000_000)
    columns = {f"c{number}": nothing for number in range(101)}
    path = write_parquet(tmp_path / "codes.parquet", columns)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SourceError, match="states 202,000,000 cells"):
        opened(path)
