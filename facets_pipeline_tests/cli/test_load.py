"""`facets load`: what cannot be loaded is one sentence, and leaves nothing behind."""

import gzip
import zipfile
from pathlib import Path

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.cli.commands import Here

GOOD = "code,description\nG0008,Giving a flu vaccine\nG0009,Giving a pneumonia vaccine\n"


def _bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("codes.csv", "w") as file,
    ):
        for _ in range(300):
            file.write(b"0" * 1_000_000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("photo.xlsx", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(900), "JPEG image"),
        ("other.csv", b"code,description\n99213,A visit\n", "load it with --code-system CPT"),
        ("prose.txt", b"Nothing but words, and no code at all.\n", "prose.txt"),
        ("packed.csv", gzip.compress(GOOD.encode()), "packed.csv"),
        ("bomb.zip", None, "would unpack to"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_an_unusable_file_is_one_sentence_and_nothing_is_written(
    name: str, content: bytes | None, said: str, here: Here
) -> None:
    path = here.path / name
    if content is None:
        _bomb(path)
    else:
        path.write_bytes(content)
    done = here.run("load", str(path), "--code-system", "HCPCS")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    with Store.open(f"sqlite:///{here.path}/.facets/facets.db") as store:
        assert store.releases.newest("HCPCS") is None
        assert store.codes.counts("HCPCS", store.today()).active == 0


def test_what_was_read_skipped_and_refused_is_told(here: Here) -> None:
    rows = f"{GOOD}A1,A modifier\nG0008,Another text\n"
    (here.path / "codes [1].csv").write_bytes(rows.encode("utf-16"))
    done = here.run("load", "codes [1].csv", "--code-system", "HCPCS")
    assert (done.code, done.err) == (0, "")
    assert "2 HCPCS codes in codes [1].csv (CSV, release codes [1])" in done.out
    assert "columns: code = code" in done.out
    assert "UTF-16" in done.out
    assert "skipped 1 (modifier)" in done.out
    assert "refused 1 (duplicate conflict)" in done.out
    assert done.out.endswith("Next: facets generate\n")


def test_an_extract_needs_to_be_called_one(here: Here) -> None:
    many = "".join(f"E{number:04},Item {number}\n" for number in range(100, 200))
    (here.path / "all.csv").write_text(f"code,description\n{many}")
    (here.path / "few.csv").write_text("code,description\nE0100,Item 100\n")
    assert here.run("load", "all.csv", "--code-system", "HCPCS").code == 0
    done = here.run("load", "few.csv", "--code-system", "HCPCS")
    assert done.code == 2
    assert "lacks 99 of the 100 active HCPCS codes" in done.err
    done = here.run("load", "few.csv", "--code-system", "HCPCS", "--partial", "--json")
    assert done.json()["active"] == 100


def test_a_table_of_the_users_own_is_read(here: Here, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE my_codes (code TEXT, code_system TEXT, long_desc TEXT)"
        )
        connection.exec_driver_sql(
            "INSERT INTO my_codes VALUES ('99213', 'CPT', 'A visit'), ('G0008', 'HCPCS', 'A shot')"
        )
    url = database.url.render_as_string(hide_password=False)
    arguments = ("--from-sql", "my_codes", "--code-system", "CPT", "--db-url", url)
    found = here.run("load", *arguments, "--json").json()
    assert (found["codes"], found["active"]) == (1, 1)
