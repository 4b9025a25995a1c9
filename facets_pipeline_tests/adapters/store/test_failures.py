"""What a user reads when the world refuses: one sentence, the remedy, no password."""

import os
import pwd
import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.migrations.runner import known_revisions
from facets_pipeline.domain.errors import StoreError
from facets_pipeline_tests.adapters.store.test_database import count_recipes, insert_recipe
from facets_pipeline_tests.postgres_server import PostgresServer

postgres = pytest.mark.postgres


def refusal(url: str) -> str:
    """Return what opening that store says, after a look at its form."""
    with pytest.raises(StoreError) as caught:
        Database.open(url)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "canary" not in message
    return message


@pytest.fixture
def ordinary_folder() -> Generator[Path]:
    """A folder that everybody may enter, outside of the test runner's private ones."""
    folder = Path(tempfile.mkdtemp(prefix="facets-store-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody() -> Generator[None]:
    """Give up root for the test: root may write everywhere."""
    assert known_revisions(), "loaded while its files can surely be read"
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.usefixtures("as_nobody")
def test_a_folder_that_may_not_be_written(ordinary_folder: Path) -> None:
    if os.geteuid() == ordinary_folder.stat().st_uid:
        ordinary_folder.chmod(0o555)
    for path in (ordinary_folder / "facets.db", ordinary_folder / "new" / "facets.db"):
        assert "writable" in refusal(str(path))


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    message = refusal(str(tmp_path / "taken" / "facets.db"))
    assert "taken" in message


def test_a_file_that_is_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear reader, " * 200)
    assert "not a SQLite database" in refusal(str(path))
    assert path.read_text().startswith("Dear reader")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "facets.db").mkdir()
    assert "name a file in it" in refusal(str(tmp_path / "facets.db"))


def test_a_file_that_may_only_be_read(
    ordinary_folder: Path, request: pytest.FixtureRequest
) -> None:
    path = ordinary_folder / "facets.db"
    Database.open(str(path)).close()
    path.chmod(0o444)
    ordinary_folder.chmod(0o777)
    request.getfixturevalue("as_nobody")
    with Database.open(str(path)) as database:
        with database.read() as connection:
            assert count_recipes(connection) == 0
        with pytest.raises(StoreError, match="only be read"), database.write() as connection:
            insert_recipe(connection, "refused")


def write_beyond(connection: sa.Connection, pages: int) -> None:
    """Write more than fits into that many pages, which is all the file may have."""
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for number in range(5000):
        insert_recipe(connection, f"too much {number}")


def test_a_full_disk_loses_nothing_and_heals(tmp_path: Path) -> None:
    with Database.open(str(tmp_path / "facets.db")) as database:
        with database.write() as connection:
            insert_recipe(connection, "before")
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        with pytest.raises(StoreError, match="disk is full"), database.write() as connection:
            write_beyond(connection, pages)
        with database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 100}")
            insert_recipe(connection, "after")
        with database.read() as connection:
            assert count_recipes(connection) == 2


def test_a_store_that_another_program_keeps_locked(tmp_path: Path) -> None:
    path = tmp_path / "facets.db"
    with Database.open(str(path)) as database:
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="kept it locked"), database.write():
            pytest.fail("the block must not run")
        other.close()
        with database.write() as connection:
            insert_recipe(connection, "after")


def test_a_mistake_in_a_statement_is_not_dressed_up(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert "no_such_table" in str(caught.value)


@postgres
def test_an_unreachable_server() -> None:
    message = refusal("postgres://ann:canary@127.0.0.1:1/facets")
    assert "cannot be reached" in message
    assert "ann:***@127.0.0.1" in message


@postgres
def test_a_missing_database(postgres_server: PostgresServer) -> None:
    assert "no such database" in refusal(postgres_server.url("absent"))


@postgres
def test_an_unknown_user(postgres_server: PostgresServer) -> None:
    assert "refused the user" in refusal(postgres_server.url(user="stranger:canary"))


@pytest.fixture
def role(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> Generator[str]:
    """A user of the server for one test; the test's parameter is its name."""
    name = sql.Identifier(request.param)
    postgres_server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'right'").format(name))
    yield request.param
    postgres_server.execute(sql.SQL("DROP ROLE {}").format(name))


@postgres
@pytest.mark.parametrize("role", ["guarded"], indirect=True)
@pytest.mark.parametrize("password", [":canary", ""])
def test_a_wrong_password_and_none(
    postgres_server: PostgresServer, role: str, password: str
) -> None:
    assert "refused the user" in refusal(postgres_server.url(user=f"{role}{password}"))


@postgres
@pytest.mark.parametrize("role", ["visitor"], indirect=True)
def test_a_user_without_privileges(postgres_url: str, role: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert "privilege" in refusal(postgres_url.replace("postgres@", f"{role}@"))


def write_and_lose(connection: sa.Connection, url: str) -> None:
    """Write, let somebody else end the connection, and write again."""
    insert_recipe(connection, "lost")
    me = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [me])
    insert_recipe(connection, "never sent")


@postgres
def test_a_lost_connection_loses_the_block_and_heals(postgres_url: str) -> None:
    with Database.open(postgres_url) as database:
        with (
            pytest.raises(StoreError, match="ended the connection"),
            database.write() as connection,
        ):
            write_and_lose(connection, postgres_url)
        with database.write() as connection:
            assert count_recipes(connection) == 0


@postgres
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("53100", "disk is full"),
        ("53200", "ran out of resources"),
        ("25006", "only be read"),
        ("40P01", "changed the same rows"),
        ("55P03", "locked for too long"),
        ("08006", "connection was lost"),
    ],
)
def test_a_failure_of_the_server_names_its_remedy(
    postgres_url: str, state: str, words: str
) -> None:
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'canary' USING ERRCODE = '{state}'; END $$"
    with Database.open(postgres_url) as database:
        with pytest.raises(StoreError, match=words) as caught, database.write() as connection:
            connection.exec_driver_sql(raising)
        assert "canary" not in str(caught.value)


@pytest.mark.postgres
def test_whatever_is_asked_of_a_lost_connection_is_one_sentence(postgres_url: str) -> None:
    cut = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")
    with (  # noqa: PT012 - what is asked second is the point
        Database.open(postgres_url) as database,
        pytest.raises(StoreError, match="connection was lost"),
        database.write() as connection,
    ):
        with pytest.raises(DBAPIError):
            connection.execute(cut)
        connection.execute(sa.text("SELECT 1"))
