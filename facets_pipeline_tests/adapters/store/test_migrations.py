"""The steps of the schema: they lead to it, keep out of the way of others, and never half."""

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.engines import engines
from facets_pipeline.adapters.store.migrations.revision import HEAD, VERSION_TABLE, stored_revision
from facets_pipeline.adapters.store.migrations.runner import is_ours, known_revisions, migrate
from facets_pipeline.adapters.store.schema import budget, metadata
from facets_pipeline.adapters.store.urls import store_url
from facets_pipeline.domain.errors import StoreError

BUDGET = {"scope": "day:2026-11-24", "settled_nano_usd": 5, "reserved_nano_usd": 2}


def differences(connection: sa.Connection) -> list[object]:
    """Return what a new step would have to change."""
    context = MigrationContext.configure(
        connection, opts={"include_object": is_ours, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


def test_the_steps_agree_with_the_schema(database: Database) -> None:
    with database.write() as connection:
        assert differences(connection) == []
        connection.exec_driver_sql("DROP INDEX ix_call_open")
        connection.exec_driver_sql("ALTER TABLE decision DROP COLUMN note")
        assert len(differences(connection)) == 2


def indexes(connection: sa.Connection) -> set[str]:
    """Return all indexes with their columns and conditions."""
    inspector = sa.inspect(connection)
    return {
        f"{table} {index['name']} {index['column_names']} {index['unique']} "
        f"{ {key: str(value) for key, value in index.get('dialect_options', {}).items()} }"
        for table in metadata.tables
        for index in inspector.get_indexes(table)
    }


def test_the_indexes_have_the_conditions_of_the_schema(database: Database) -> None:
    with database.write() as connection:
        by_steps = indexes(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert indexes(connection) == by_steps
    assert any("_where" in index for index in by_steps)


def test_the_last_step_is_the_one_this_code_asks_for(database: Database) -> None:
    assert known_revisions()[0] == HEAD
    with database.read() as connection:
        assert stored_revision(connection) == HEAD


def test_a_store_of_the_first_step_is_brought_up_with_all_that_it_holds(database_url: str) -> None:
    path = store_url(database_url)
    if path.get_backend_name() == "sqlite":
        Path(str(path.database)).parent.mkdir()
    ways = engines(path)
    with ways.write.begin() as connection:
        migrate(connection, known_revisions()[-1])
        connection.execute(sa.insert(budget), BUDGET)
        connection.exec_driver_sql("CREATE TABLE procedure_code_facets_state (code_system TEXT)")
    ways.dispose()
    with Database.open(database_url) as database, database.read() as connection:
        assert stored_revision(connection) == HEAD
        assert differences(connection) == []
        assert connection.execute(sa.select(budget)).mappings().one() == BUDGET
        assert not sa.inspect(connection).has_table("procedure_code_facets_state"), "made anew"


def test_tables_of_others_in_the_same_database_are_left_alone(database_url: str) -> None:
    path = store_url(database_url)
    if path.get_backend_name() == "sqlite":
        Path(str(path.database)).parent.mkdir()
    ways = engines(path)
    with ways.write.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
        connection.exec_driver_sql("CREATE TABLE procedure_code_facets (code TEXT)")
    ways.dispose()
    with Database.open(database_url) as database, database.write() as connection:
        theirs = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
        assert theirs.all() == ["theirs"]
        assert stored_revision(connection) == HEAD
        assert differences(connection) == []


def test_a_store_of_a_newer_version_is_not_touched(database_url: str) -> None:
    with Database.open(database_url) as database, database.write() as connection:
        table = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.update(table).values(version_num="9999"))
    with pytest.raises(StoreError, match=r"'9999'.* newer version"):
        Database.open(database_url)


def test_a_store_that_cannot_be_created_is_not_left_half_made(database_url: str) -> None:
    with Database.open(database_url) as database, database.write() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
        connection.exec_driver_sql("CREATE TABLE outcome (weather TEXT)")
    with pytest.raises(StoreError, match="a database of its own"):
        Database.open(database_url)
    ways = engines(store_url(database_url))
    with ways.read.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["outcome"]
    ways.dispose()


def test_creating_a_store_says_nothing_and_sets_no_logging_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = list(logging.root.handlers), logging.getLogger("alembic").level
    Database.open(str(tmp_path / "facets.db")).close()
    assert (list(logging.root.handlers), logging.getLogger("alembic").level) == before
    assert capfd.readouterr() == ("", "")
