"""Parquet files as code tables."""

from pathlib import Path

import pandas as pd
import pytest

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
