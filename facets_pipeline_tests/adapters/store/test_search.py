"""The search reads: it cannot write, creates nothing, and bears the table's being made anew."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import NAME
from facets_pipeline.adapters.store.search import STATEMENT_SECONDS, Search, read_only
from facets_pipeline.adapters.store.search_failures import search_failures
from facets_pipeline.adapters.store.search_index import WORDS
from facets_pipeline.adapters.store.search_shapes import Asked
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.adapters.store.urls import store_url
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import DAY, hcpcs, load, numbered
from facets_pipeline_tests.postgres_server import PostgresServer

WRITES = (
    f"UPDATE {NAME} SET status = 'valid'",  # noqa: S608
    f"DELETE FROM {NAME}",  # noqa: S608
    f"DROP TABLE {NAME}",
    "CREATE TABLE more (a int)",
    "INSERT INTO budget VALUES ('day', 0, 0)",
)


def codes(search: Search, text: str = "") -> list[str]:
    """Return the codes that a text finds."""
    return [row["code"] for row in search.find(Asked(text=text, limit=100)).rows]


@pytest.mark.parametrize("statement", WRITES)
def test_its_sessions_cannot_write(filled: Store, empty_url: str, statement: str) -> None:
    engine = read_only(store_url(empty_url))
    with engine.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.exec_driver_sql(statement)
    assert "read" in str(refused.value.orig)
    assert len(list(filled.flat.rows())) == 10
    engine.dispose()


@pytest.mark.postgres
def test_a_role_that_may_only_select_is_enough_and_cannot_write(
    postgres_server: PostgresServer,
) -> None:
    role = sql.Identifier("only_reads")
    with postgres_server.fresh_database() as name:
        with Database.open(postgres_server.url(name)) as database:
            store = Store(database)
            load(store, "codes.csv", numbered(3))
            store.flat.refresh("HCPCS", DAY)
            postgres_server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            with database.write() as connection:
                connection.exec_driver_sql(
                    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads"
                )
        url = postgres_server.url(name, user="only_reads")
        search = Search.open(url)
        assert codes(search, "number 2") == ["A0002"]
        assert search.record("HCPCS", "A0002") is not None
        search.close()
        engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        for statement in WRITES:
            with engine.connect() as connection:
                connection.exec_driver_sql("SET default_transaction_read_only = off")
                with pytest.raises(DBAPIError) as refused:
                    connection.exec_driver_sql(statement)
            assert getattr(refused.value.orig, "sqlstate", "") == "42501", statement
        engine.dispose()
    postgres_server.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.mark.postgres
def test_a_search_that_takes_too_long_is_stopped(postgres_url: str) -> None:
    url = store_url(postgres_url)
    engine = read_only(url)

    def sleep() -> None:
        with engine.begin() as connection:
            shown = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
            assert shown == f"{STATEMENT_SECONDS}s"
            connection.exec_driver_sql("SET LOCAL statement_timeout = 50")
            connection.exec_driver_sql("SELECT pg_sleep(5)")

    with pytest.raises(StoreError, match="took too long"):
        search_failures(url, sleep)
    engine.dispose()


def test_a_store_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="facets generate"):
        Search.open(f"sqlite:///{tmp_path / 'facets.db'}")
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_the_table_says_what_to_do(empty_url: str) -> None:
    with Database.open(empty_url) as database:
        with pytest.raises(StoreError, match="facets generate"):
            Search.open(empty_url)
        with database.read() as connection:
            assert not sa.inspect(connection).has_table(NAME)


def test_the_table_may_be_dropped_and_made_anew_meanwhile(filled: Store, empty_url: str) -> None:
    search = Search.open(empty_url)
    before = search.find(Asked(counted=True))
    for _ in range(8):  # so often that the statement is prepared
        assert len(codes(search)) == 10
    filled.flat.drop()
    with pytest.raises(StoreError, match="facets generate"):
        search.find(Asked())
    filled.flat.refresh("HCPCS", DAY)
    after = search.find(Asked(counted=True))
    assert (after.rows, after.counts) == (before.rows, before.counts)
    assert after.version != before.version
    search.close()


def test_words_follow_new_changed_and_ended_codes(store: Store, empty_url: str) -> None:
    load(store, "old.csv", [hcpcs("A0001", "left shoe"), hcpcs("A0002", "right shoe")])
    store.flat.refresh("HCPCS", DAY)
    search = Search.open(empty_url)
    assert codes(search, "shoe") == ["A0001", "A0002"]
    new = [hcpcs("A0002", "right boot"), hcpcs("A0003", "left boot")]
    load(store, "new.csv", new, mode=LoadMode.FULL)
    store.flat.refresh("HCPCS", DAY)
    assert codes(search, "shoe") == []
    assert codes(search, "boot") == ["A0002", "A0003"]
    assert codes(search, "a0001") == []
    assert codes(search, "right a0002") == ["A0002"]
    search.close()


def test_words_follow_a_table_that_was_dropped_by_hand(filled: Store, empty_url: str) -> None:
    with filled.database.write() as connection:
        connection.exec_driver_sql(f"DROP TABLE {NAME}")
    filled.flat.refresh("HCPCS", DAY)
    search = Search.open(empty_url)
    assert codes(search, "number 5") == ["A0005"]
    if filled.database.dialect == "sqlite":
        with filled.database.read() as connection:
            query = sa.text(f"SELECT count(*) FROM {WORDS}")  # noqa: S608
            assert connection.execute(query).scalar_one() == 10
    search.close()


def test_the_version_changes_with_every_change_and_with_nothing_else(
    filled: Store, empty_url: str
) -> None:
    search = Search.open(empty_url)
    before = search.version()
    filled.flat.refresh("HCPCS", DAY)
    assert search.version() == before
    filled.flat.refresh_codes("HCPCS", DAY, ["A0003"])
    assert search.version() != before
    search.close()
