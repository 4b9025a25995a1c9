"""Files that cannot be used, archives, and sources of the wrong system."""

import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from facets_pipeline.domain.errors import SourceError
from facets_pipeline_tests.adapters.sources.layouts import (
    anweb_records,
    opened,
    results,
    texts,
    write,
    write_lines,
    write_zip,
)

CSV = b"code,long\r\nE0100,Cane\r\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff\xe0 JFIF", "is a JPEG image"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (b"SQLite format 3\x00", "is an SQLite database"),
        (b"\n<!DOCTYPE html><title>Sorry</title>", "is a web page"),
        (b"<?xml version='1.0'?><html>", "is a web page"),
        (CSV.replace(b"Cane", b"Ca\0ne"), "holds NUL bytes"),
        (CSV.decode().encode("utf-16-le"), "holds NUL bytes"),
        (b"\xff\xfe" + CSV.replace(b"Cane", b"Ca\0ne").decode().encode("utf-16-le"), "in line 2"),
        (b"\xff\xfe" + CSV.decode().encode("utf-16-le")[:-1], "is not whole UTF-16 text"),
        (b"Just a letter to you\nand nothing else\n", "no column of it holds HCPCS Level II codes"),
        (b"code\nE0100\nE0105\n", "no descriptor column"),
        (b"code,status\nE0100,A\nE0105,A\n", "no descriptor column"),
        (b"hcpcs_code,rbcs_category\nE0100,DME\n", "load it with --reference"),
        (b"PK\x03\x04 but no archive", "is a damaged archive"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_content(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "codes.xlsx"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=words) as caught:
        results(path)
    assert "'codes.xlsx'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no file"):
        opened(tmp_path / "codes.csv")
    with pytest.raises(SourceError, match="is a folder"):
        opened(tmp_path)


def test_a_file_that_vanishes_after_it_was_opened_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "codes.csv", CSV.decode())
    source = opened(path)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        list(source.rows())


def test_a_file_of_the_other_system_is_refused_with_the_option_that_loads_it(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "x.csv", ["code,long", "E0100,Cane", "E0105,Cane", "A1,Modifier"])
    with pytest.raises(
        SourceError,
        match=r"'x\.csv' holds 2 HCPCS codes and no CPT code: load it with --code-system HCPCS\.",
    ):
        results(path, "CPT")


def test_the_one_code_file_of_an_archive_is_read(tmp_path: Path) -> None:
    members = {"readme.pdf": b"%PDF", "__MACOSX/._codes.csv": b"x", "../up/codes.csv": CSV}
    path = write_zip(tmp_path / "hcpcs_2024_april.zip", members)
    assert texts(path) == {"E0100": "Cane"}
    source = opened(path)
    assert source.file == "hcpcs_2024_april.zip!../up/codes.csv"
    assert source.release == "2024-04"
    assert not (tmp_path.parent / "up").exists()


def test_a_parquet_member_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "codes.parquet"
    pd.DataFrame({"code": ["E0100"], "long": ["Cane"]}).to_parquet(inner)
    path = write_zip(tmp_path / "codes.zip", {"codes.parquet": inner.read_bytes()})
    assert texts(path) == {"E0100": "Cane"}


def test_the_digest_of_an_archive_is_that_of_its_own_bytes(tmp_path: Path) -> None:
    one = write_zip(tmp_path / "one.zip", {"codes.csv": CSV})
    two = write_zip(tmp_path / "two.zip", {"codes.csv": CSV, "more.pdf": b"%PDF"})
    assert opened(one).digest != opened(two).digest


def test_an_archive_of_a_release_gives_the_release_and_not_what_explains_it(
    tmp_path: Path,
) -> None:
    anweb = "".join(f"{line}\r\n" for line in anweb_records("E0100", "Cane", "Cane")).encode()
    members = {
        "HCPC2025_JUL_ANWEB.txt": anweb,
        "HCPC2025_recordlayout.txt": b"Columns are these\n",
        "corrections.csv": CSV,
    }
    source = opened(write_zip(tmp_path / "july.zip", members))
    assert source.file == "july.zip!HCPC2025_JUL_ANWEB.txt"
    assert source.release == "2025-07"
    assert any("Of 3 files" in note for note in source.notes)


def test_an_archive_with_several_code_files_lists_them(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "codes.zip", {"a.csv": CSV, "b.csv": CSV})
    with pytest.raises(SourceError, match=r"more than one code file among 'a\.csv', 'b\.csv'"):
        opened(path)


def test_an_archive_without_a_code_file_lists_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no code file, only 'a\.pdf'"):
        opened(write_zip(tmp_path / "codes.zip", {"a.pdf": b"%PDF"}))
    with pytest.raises(SourceError, match=r"no file with usable codes, only 'a\.txt', 'b\.txt'"):
        opened(write_zip(tmp_path / "codes.zip", {"a.txt": b"Hello\n", "b.txt": b"You\n"}))


def test_the_problem_of_the_only_member_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "codes.zip", {"a.csv": b"code\nE0100\n"})
    with pytest.raises(SourceError, match=r"'codes\.zip!a\.csv' has a code column"):
        opened(path)


def test_an_archive_that_would_unpack_to_too_much_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"codes.csv": CSV + b"E0105,Cane\r\n" * 1_000_000})
    with pytest.raises(SourceError, match=r"compressed \d+ to 1"):
        opened(path)


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "codes.zip", {"codes.csv": CSV})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="protected by a password"):
        opened(path)


def test_the_release_is_the_stem_where_no_name_tells_it(tmp_path: Path) -> None:
    source = opened(write(tmp_path / "my codes.csv", CSV.decode()))
    assert (source.release, source.released_on) == ("my codes", None)


def test_a_path_that_cannot_be_is_told_like_one_that_is_not(tmp_path: Path) -> None:
    for name in ("x" * 300, "x\0y"):
        with pytest.raises(SourceError, match="There is no file") as caught:
            opened(tmp_path / name)
        assert "\0" not in str(caught.value)


def test_a_pipe_is_refused_before_anything_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "codes.csv")
    with pytest.raises(SourceError, match="no file but a device or pipe"):
        opened(tmp_path / "codes.csv")


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(CSV)
    with pytest.raises(SourceError, match=r"caf\\udce9\.csv' is not UTF-8") as caught:
        opened(path)
    str(caught.value).encode("utf-8")


def test_a_text_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(CSV + b"E0105," + b"x" * 3_000_000)
    with pytest.raises(SourceError, match="a line of more than 1,048,576 bytes"):
        opened(path)


def test_an_archive_of_thousands_of_files_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "many.zip", {f"{number}.csv": CSV for number in range(1_001)})
    with pytest.raises(SourceError, match="holds 1,001 files"):
        opened(path)


def test_an_archive_packed_in_an_unusual_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("codes.csv", CSV)
    with pytest.raises(SourceError, match="compressed in a way that is not read"):
        opened(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A name said to be UTF-8 that is not; a place before the beginning of the file.
        (b"c\xc3\xb6des.csv", b"c\xc3\xc3des.csv"),
        (b"PK\x05\x06", b"PK\x05\x06\0\0\0\0\1\0\1\0\x38\0\0\0\xff\xff\xff\x7f"),
    ],
)
def test_an_archive_whose_directory_is_nonsense_is_refused(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path = write_zip(tmp_path / "codes.zip", {"cödes.csv": CSV})
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(SourceError, match=r"is a damaged archive|cannot be read"):
        results(path)
