"""The user's own table, on SQLite and on Postgres."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.sources.source import CodeSource, read_codes
from facets_pipeline.adapters.sources.sql_table import open_table
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RowIssue

HCPCS = code_system("HCPCS")
COLUMNS = ("code", "code_system", "short_desc", "long_desc", "paraphrased_desc", "category")
INSERT = """
INSERT INTO "our codes"
VALUES (:code, :code_system, :short_desc, :long_desc, :paraphrased_desc, :category)
"""
CREATE = (
    'CREATE TABLE "our codes" (code TEXT, code_system TEXT, short_desc TEXT, long_desc TEXT, '
    "paraphrased_desc TEXT, category TEXT)"
)
ROWS = [
    ("E0105", "HCPCS", "Cane 4", None, "A stick with feet", "Aids"),
    ("E0100", "HCPCS", "Cane", "Cane, wooden", None, "Aids"),
    ("00100", "CPT", "Sleep", "Sleep", None, None),
]


@pytest.fixture
def tables_url(database_url: str) -> str:
    """The address of a database with the user's tables."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).parent.mkdir(parents=True)
    else:
        url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(CREATE)
        rows: list[dict[str, str | None]] = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
        connection.execute(sa.text(INSERT), rows)
        connection.exec_driver_sql("CREATE TABLE numbered (code INTEGER, long_desc TEXT)")
        connection.exec_driver_sql("CREATE TABLE bare (code TEXT, colour TEXT)")
        connection.exec_driver_sql(
            'CREATE VIEW looked_at AS SELECT code, short_desc FROM "our codes"'
        )
    engine.dispose()
    return database_url


def _codes(source: CodeSource) -> list[Code | RowIssue]:
    return list(read_codes(source, HCPCS))


def test_a_table_is_read_in_the_order_of_its_codes(tables_url: str) -> None:
    source = open_table(tables_url, "our codes", HCPCS)
    skipped, *codes = _codes(source)
    assert isinstance(skipped, RowIssue)
    assert skipped.rule == "other_code_system"
    assert codes == [
        Code("HCPCS", "E0100", "Cane", "Cane, wooden", "", "Aids"),
        Code("HCPCS", "E0105", "Cane 4", "", "A stick with feet", "Aids"),
    ]
    assert source.file == "sql:our codes"
    assert source.columns["plain"] == "paraphrased_desc (by its name)"
    assert not source.has_dates


def test_a_view_is_read_like_a_table_and_its_digest_follows_its_cells(tables_url: str) -> None:
    first = open_table(tables_url, "looked_at", HCPCS)
    assert [code.code for code in _codes(first) if isinstance(code, Code)] == ["E0100", "E0105"]
    assert open_table(tables_url, "looked_at", HCPCS).digest == first.digest
    engine = sa.create_engine(tables_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE \"our codes\" SET short_desc = 'Stick'")
    engine.dispose()
    assert open_table(tables_url, "looked_at", HCPCS).digest != first.digest


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("codes", "no table 'codes': the tables there are .*looked_at.*our codes"),
        ("our codes; DROP TABLE bare", "no table 'our codes; DROP TABLE bare'"),
        ("elsewhere.codes", "no table 'codes' in the schema 'elsewhere'"),
        (
            "bare",
            "no descriptor column among code, colour: the columns expected are code, short_desc",
        ),
        ("numbered", "'code' of the table 'numbered' is INTEGER.*store codes as text"),
    ],
)
def test_what_is_missing_or_wrong_is_told_with_what_there_is(
    tables_url: str, table: str, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        open_table(tables_url, table, HCPCS)


@pytest.mark.postgres
def test_a_table_in_a_schema_is_found(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA clinic")
        connection.exec_driver_sql("CREATE TABLE clinic.codes (code CHAR(8), description TEXT)")
        connection.exec_driver_sql("INSERT INTO clinic.codes VALUES ('E0100', 'Cane')")
    engine.dispose()
    source = open_table(postgres_url, "clinic.codes", HCPCS)
    assert _codes(source) == [Code("HCPCS", "E0100", long_descriptor="Cane")]


def test_a_number_in_a_text_column_of_sqlite_is_refused(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'codes.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE codes (code, long_desc)")
        connection.exec_driver_sql("INSERT INTO codes VALUES (100, 'One'), ('00105', 'Two')")
    engine.dispose()
    source = open_table(f"sqlite:///{tmp_path / 'codes.db'}", "codes", code_system("CPT"))
    issues = [row for row in source.rows() if isinstance(row, RowIssue)]
    assert [(issue.row, issue.rule) for issue in issues] == [(1, "numeric_code_cell")]


def test_a_missing_sqlite_file_is_told_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    with pytest.raises(SourceError, match="There is no SQLite file"):
        open_table(f"sqlite:///{path}", "codes", HCPCS)
    assert not path.exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hush-hush@127.0.0.1:1/none",
        "mssql+pymssql://someone:hush-hush@127.0.0.1/none",
        "someone:hush-hush",
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_table(url, "codes", HCPCS)
    assert "hush-hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("declared", ["DATE", "TIMESTAMP", "NUMERIC", "JSON", "BOOLEAN"])
def test_sqlite_may_keep_any_text_in_a_column_of_any_type(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "own.db"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE own (code TEXT, long_desc TEXT, effective_date {declared})")
    rows = [("E0100", "Cane", "01/31/2020"), ("E0105", "Cane", ""), ("E0110", "Cane", "soon")]
    connection.executemany("INSERT INTO own VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    first, second, third = _codes(open_table(f"sqlite:///{path}", "own", HCPCS))
    assert isinstance(first, Code)
    assert first.effective_on == date(2020, 1, 31)
    assert isinstance(second, Code)
    assert isinstance(third, RowIssue)
    assert third.rule == "bad_date"


def test_an_address_whose_port_is_no_number_is_told_without_its_password() -> None:
    with pytest.raises(SourceError, match="cannot be understood") as caught:
        open_table("postgresql://me:secret@host:port/codes", "codes", HCPCS)
    assert "secret" not in str(caught.value)


def test_strange_names_of_tables_and_columns_stay_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    connection = sqlite3.connect(path)
    connection.execute(f'CREATE TABLE "a\nb" ("{"x" * 5_000}" TEXT, "c\nd" TEXT)')
    connection.commit()
    connection.close()
    for table in ("a\nb", "c\nd"):
        with pytest.raises(SourceError) as caught:
            open_table(f"sqlite:///{path}", table, HCPCS)
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 500
