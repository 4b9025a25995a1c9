"""Releases by name, and the newest of a folder."""

import os
from pathlib import Path

import pytest

from facets_pipeline.adapters.sources.release import newest_in_folder, release_in
from facets_pipeline.domain.errors import SourceError


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("hcpcs_2026_january.csv", "2026-01"),
        ("HCPC2019_CONTR_ANWEB.txt", "2019"),
        ("HCPC2020_OCT_ANWEB.xlsx", "2020-10"),
        ("july-2025-alpha-numeric-hcpcs-file.zip", "2025-07"),
        ("hcpcs_2024-04-01.csv", "2024-04"),
        ("hcpcs20240401.csv", "2024-04"),
        ("PPRRVU25_OCT.csv", "2025-10"),
        ("rvu25d.zip", "2025-10"),
        ("rbcs_2024.csv", "2024"),
        ("CPT 2026 Consolidated.xlsx", "2026"),
        ("summary 2026.csv", "2026"),
        ("LONGULT.txt", None),
        ("codes12345678.csv", None),
    ],
)
def test_a_release_is_recognised_in_a_name(name: str, release: str | None) -> None:
    found = release_in(name)
    assert (str(found) if found else None) == release


def _touch(folder: Path, name: str, age: int) -> None:
    path = folder / name
    path.write_text("x")
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


def test_the_newest_release_of_a_folder_counts_not_the_newest_file(tmp_path: Path) -> None:
    _touch(tmp_path, "HCPC2020_OCT_ANWEB.xlsx", age=50)
    _touch(tmp_path, "HCPC2020_JAN_ANWEB.xlsx", age=0)
    _touch(tmp_path, "HCPC2019_CONTR_ANWEB.txt", age=1)
    _touch(tmp_path, "HCPC2030.pdf", age=2)
    _touch(tmp_path, ".HCPC2031.csv", age=2)
    _touch(tmp_path, "notes.csv", age=0)
    assert newest_in_folder(tmp_path).name == "HCPC2020_OCT_ANWEB.xlsx"


def test_without_releases_the_time_of_modification_decides(tmp_path: Path) -> None:
    _touch(tmp_path, "zz.csv", age=50)
    _touch(tmp_path, "aa.csv", age=10)
    _touch(tmp_path, "README.txt", age=0)
    assert newest_in_folder(tmp_path).name == "aa.csv"


def test_a_folder_without_code_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no code file"):
        newest_in_folder(tmp_path)
    with pytest.raises(SourceError, match="is not a folder"):
        newest_in_folder(tmp_path / "missing")
