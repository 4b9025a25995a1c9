"""`deploy/postgres/roles.sql`: who writes and who reads, on a real Postgres."""

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.adapters.store.search_shapes import Asked
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.house.source_tree import ROOT
from facets_pipeline_tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

WRITES = (
    "INSERT INTO procedure_code_facets_version VALUES ('CPT', 'x')",
    "UPDATE procedure_code_facets SET code = '00000'",
    "DELETE FROM decision",
    "TRUNCATE recipe",
    "DROP TABLE procedure_code_facets",
    "CREATE TABLE mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
)


def prepare(server: PostgresServer, database: str) -> None:
    """Run the shipped file as the administrator of the server."""
    psql = shutil.which("psql") or str(server.binaries / "psql")
    if not Path(psql).exists():
        pytest.skip("this machine's Postgres came without psql")
    done = subprocess.run(
        [
            psql,
            "--no-psqlrc",
            "-q",
            "-v",
            f"database={database}",
            "-f",
            "deploy/postgres/roles.sql",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": str(server.folder),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "WRITER_PASSWORD": 'it\'s "one" $word',
            "READER_PASSWORD": "another",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Generator[str]:
    """The name of a database that the file has made and the writer has filled with tables."""
    name = "test_roles"
    prepare(postgres_server, name)
    with Store.open(postgres_server.url(name, user="facets_writer")) as store:
        store.flat.ensure()
    yield name
    dropped = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    postgres_server.execute(dropped)


@pytest.fixture
def reader_url(postgres_server: PostgresServer, database: str) -> str:
    return postgres_server.url(database, user="facets_reader")


def add_code(url: str, code: str) -> None:
    """Let the writer put a row into the table of facets."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO procedure_code_facets (code_system, code, descriptor, status, opinions, "
            "model, recipe, given, decided, in_doubt) VALUES ('HCPCS', %s, 'a thing', 'valid', "
            "'{}', 'rules', 'none', 0, 0, 0)",
            (code,),
        )


def found_by(url: str) -> list[str]:
    """Return the codes that the search finds, having opened one of them too."""
    search = Search.open(url)
    try:
        rows = search.find(Asked(limit=10)).rows
        assert search.record("HCPCS", str(rows[0]["code"])) is not None
        return [str(row["code"]) for row in rows]
    finally:
        search.close()


def test_the_reader_can_search_also_after_the_table_was_made_anew(
    postgres_server: PostgresServer, database: str, reader_url: str
) -> None:
    writer_url = postgres_server.url(database, user="facets_writer")
    add_code(writer_url, "A0001")
    assert found_by(reader_url) == ["A0001"]
    with Store.open(writer_url) as store:
        store.flat.drop()
        store.flat.ensure()
    add_code(writer_url, "A0002")
    assert found_by(reader_url) == ["A0002"]


@pytest.mark.parametrize("statement", WRITES)
def test_the_reader_cannot_write_whatever_its_session_says(reader_url: str, statement: str) -> None:
    with psycopg.connect(reader_url) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
        connection.commit()
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_the_reader_sees_the_tables_of_the_search_alone(reader_url: str) -> None:
    with psycopg.connect(reader_url) as connection:
        listed = connection.execute(
            "SELECT relname, has_table_privilege(oid, 'SELECT') FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert {name for name, readable in listed if readable} == {
        "procedure_code_facets",
        "procedure_code_facets_version",
        "recipe",
        "decision",
    }
    assert len(listed) > 20


def test_a_second_time_changes_nothing_but_the_passwords(
    postgres_server: PostgresServer, database: str, reader_url: str
) -> None:
    prepare(postgres_server, database)
    with psycopg.connect(reader_url) as connection:
        assert connection.execute("SELECT count(*) FROM recipe").fetchone() == (0,)


def test_others_cannot_even_connect(postgres_server: PostgresServer, database: str) -> None:
    make = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier("stranger"))
    postgres_server.execute(make)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(postgres_server.url(database, user="stranger"))
