"""`facets load`: what cannot be loaded is one sentence, and leaves nothing behind."""

import gzip
import sys
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.cli import app as cli
from facets_pipeline_tests.cli.commands import Folder

pytestmark = pytest.mark.cli

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
)
def test_an_unusable_file_is_one_sentence_and_nothing_is_written(
    name: str,
    content: bytes | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    if content is None:
        _bomb(path)
    else:
        path.write_bytes(content)
    for variable in ("FACETS_DATABASE_URL", "DATABASE_URL", "DAGSTER_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["facets", "load", str(path), "--code-system", "HCPCS"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    with sa.create_engine(f"sqlite:///{tmp_path}/.facets/facets.db").connect() as connection:
        for table in ("source_release", "code_history"):
            query = sa.select(sa.func.count()).select_from(sa.table(table))
            assert connection.execute(query).scalar_one() == 0, table


def test_what_was_read_skipped_and_refused_is_told(folder: Folder) -> None:
    rows = f"{GOOD}A1,A modifier\nG0008,Another text\n"
    folder.write("codes [1].csv", rows.encode("utf-16"))
    done = folder.run("load", "codes [1].csv", "--code-system", "HCPCS")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 HCPCS codes in codes [1].csv (CSV, release codes [1])" in done.stdout
    assert "columns: code = code" in done.stdout
    assert "UTF-16" in done.stdout
    assert "skipped 1 (modifier)" in done.stdout
    assert "refused 1 (duplicate conflict)" in done.stdout
    assert done.stdout.endswith("Next: facets generate\n")


def test_an_extract_needs_to_be_called_one(folder: Folder) -> None:
    many = "".join(f"E{number:04},Item {number}\n" for number in range(100, 200))
    folder.write("all.csv", f"code,description\n{many}")
    folder.write("few.csv", "code,description\nE0100,Item 100\n")
    assert folder.json("load", "all.csv", "--code-system", "HCPCS")["active"] == 100
    done = folder.run("load", "few.csv", "--code-system", "HCPCS")
    assert done.returncode == 2
    assert "lacks 99 of the 100 active HCPCS codes" in done.stderr
    assert folder.json("load", "few.csv", "--code-system", "HCPCS", "--partial")["active"] == 100


def test_a_table_of_the_users_own_is_read(folder: Folder, database_url: str) -> None:
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    if engine.dialect.name == "sqlite":
        (folder.path / "store").mkdir(exist_ok=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE my_codes (code TEXT, code_system TEXT, long_desc TEXT)"
        )
        connection.exec_driver_sql(
            "INSERT INTO my_codes VALUES ('99213', 'CPT', 'A visit'), ('G0008', 'HCPCS', 'A shot')"
        )
    engine.dispose()
    arguments = ("--from-sql", "my_codes", "--code-system", "CPT", "--db-url", database_url)
    found = folder.json("load", *arguments)
    assert (found["codes"], found["active"]) == (1, 1)
