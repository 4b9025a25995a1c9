"""The open store: its transactions, its clock, and many who use it at once."""

import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from facets_pipeline.adapters.store.creation_lock import creation_lock
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import active_recipe, recipe
from facets_pipeline.adapters.store.urls import store_url
from facets_pipeline.domain.errors import StoreError
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew, crew

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROUNDS = 25


@pytest.fixture(scope="module")
def workers() -> Generator[Crew]:
    """Four processes for all tests of this file."""
    with crew() as hired:
        yield hired


def insert_recipe(connection: sa.Connection, key: str, number: int = 0) -> None:
    """Write one row of the smallest table that has a key of ours and JSON."""
    connection.execute(
        sa.insert(recipe).values(
            recipe_id=key, annotator="rules", model="", label="1", content=number, created_at=MOMENT
        )
    )


def count_recipes(connection: sa.Connection) -> int:
    """Return how many rows `insert_recipe` has written."""
    return connection.execute(sa.select(sa.func.count()).select_from(recipe)).scalar_one()


def add_one(database: Database) -> None:
    """Read a number, then write it: what loses updates where transactions are not in turn."""
    with database.write() as connection:
        query = sa.select(recipe.c.content).where(recipe.c.recipe_id == "total")
        number = connection.execute(query.with_for_update()).scalar_one()
        connection.execute(
            sa.update(recipe).where(recipe.c.recipe_id == "total").values(content=number + 1)
        )


def total(database: Database) -> int:
    """Return the number that `add_one` counts up."""
    with database.read() as connection:
        query = sa.select(recipe.c.content).where(recipe.c.recipe_id == "total")
        return connection.execute(query).scalar_one()


def open_and_count(url: str) -> str:
    """Open a store that may not exist yet, and write to it in many small transactions."""
    with Database.open(url) as database:
        # All but the first are told that the row is there.
        with suppress(IntegrityError), database.write() as connection:
            insert_recipe(connection, "total")
        for _ in range(ROUNDS):
            add_one(database)
    return database.dialect


def test_four_processes_create_and_fill_one_store_without_loss(
    workers: Crew, database_url: str
) -> None:
    dialects = workers.at_once(open_and_count, database_url)
    assert len(dialects) == COUNT
    with Database.open(database_url) as database:
        assert {database.dialect} == set(dialects)
        assert total(database) == COUNT * ROUNDS


def test_a_current_store_opens_without_the_creation_lock(database_url: str) -> None:
    Database.open(database_url).close()
    with creation_lock(store_url(database_url)), Database.open(database_url) as database:
        assert database.url == store_url(database_url)


def test_a_creator_that_never_ends_is_named(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.adapters.store.creation_lock.LOCK_SECONDS", 0.1)
    with (
        creation_lock(store_url(database_url)),
        pytest.raises(StoreError, match=r"another process .* end that process"),
    ):
        Database.open(database_url)


def test_a_current_store_opens_without_loading_the_migrations(tmp_path: Path) -> None:
    path = str(tmp_path / "facets.db")
    Database.open(path).close()
    script = (
        "import sys; from facets_pipeline.adapters.store.database import Database; "
        "Database.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, path],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert said.stdout == "False\n"


def test_threads_share_one_open_store_without_loss(database: Database) -> None:
    with database.write() as connection:
        insert_recipe(connection, "total")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, [database] * 40))
    assert total(database) == 40


def test_a_transaction_is_kept_after_closing(database_url: str) -> None:
    with Database.open(database_url) as database, database.write() as connection:
        insert_recipe(connection, "kept")
    with Database.open(database_url) as database, database.read() as connection:
        assert count_recipes(connection) == 1


def write_and_fail(connection: sa.Connection) -> None:
    """Fail after a write, as a mistake in a block would."""
    insert_recipe(connection, "lost")
    raise KeyError("mine")


def test_an_error_in_the_block_rolls_back_and_passes_on(database: Database) -> None:
    with pytest.raises(KeyError, match="mine"), database.write() as connection:
        write_and_fail(connection)
    with database.read() as connection:
        assert count_recipes(connection) == 0


def test_a_doubled_key_and_a_missing_parent_stay_integrity_errors(database: Database) -> None:
    with database.write() as connection:
        insert_recipe(connection, "once")
    with pytest.raises(IntegrityError), database.write() as connection:
        insert_recipe(connection, "once")
    orphan = sa.insert(active_recipe).values(
        code_system="HCPCS", recipe_id="absent", chosen_at=MOMENT, reason="test"
    )
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(orphan)


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert count_recipes(reader) == 0
        with database.write() as writer:
            insert_recipe(writer, "new")
        assert count_recipes(reader) == 0
    with database.read() as reader:
        assert count_recipes(reader) == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError), database.read() as connection:
        insert_recipe(connection, "smuggled")
    with database.write() as connection:
        assert count_recipes(connection) == 0


def test_a_writer_waits_for_its_turn_when_it_begins(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("Postgres locks rows, not the store")
    inside = threading.Event()
    order: list[str] = []

    def second() -> None:
        inside.wait()
        with database.write():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with database.write() as connection:
        inside.set()
        insert_recipe(connection, "first")
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_clock_is_aware_utc_and_moves_on(database: Database) -> None:
    with database.write() as connection:
        first = database.now(connection)
        second = database.now(connection)
    with database.read() as connection:
        third = database.now(connection)
    assert first.utcoffset() == timedelta(0)
    assert first <= second <= third
    assert abs(third - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.postgres
def test_the_clock_of_postgres_moves_within_a_transaction(postgres_url: str) -> None:
    with Database.open(postgres_url) as database, database.write() as connection:
        first = database.now(connection)
        connection.execute(sa.select(sa.func.pg_sleep(0.01)))
        assert database.now(connection) - first >= timedelta(milliseconds=10)


def test_a_sqlite_store_is_durable_and_checks_references(tmp_path: Path) -> None:
    with Database.open(str(tmp_path / "facets.db")) as database, database.write() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found["journal_mode"] == "wal"
    assert found["synchronous"] == 2
    assert found["foreign_keys"] == 1
    assert found["busy_timeout"] >= 30_000


def test_a_path_with_signs_of_an_address_is_just_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=memory#%41" / "facets.db"
    with Database.open(str(path)) as database, database.write() as connection:
        insert_recipe(connection, "kept")
    assert path.stat().st_size > 0
