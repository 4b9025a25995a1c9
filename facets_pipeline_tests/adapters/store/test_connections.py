"""A fleet shares the few connections of a Postgres: each process takes few and waits its turn."""

import os
import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from facets_pipeline.adapters.store import patience
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.urls import dagster_url
from facets_pipeline.domain.errors import SettingsError, StoreError

FEW = 3

_COUNT = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'facets-pipeline %'"
)


@pytest.fixture
def full_url(postgres_url: str) -> Generator[str]:
    """The address of a current store whose server gives its user three connections at most."""
    Database.open(postgres_url).close()
    name = "few"
    role = sql.Identifier(name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT {}").format(role, sql.Literal(FEW))
        )
        connection.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(role))
    try:
        yield postgres_url.replace("postgres@", f"{name}@")
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'few'"
            )
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.mark.postgres
def test_a_full_server_is_waited_for(full_url: str) -> None:
    with ExitStack() as held:
        for _ in range(FEW):
            held.enter_context(psycopg.connect(full_url))
        release = threading.Timer(1.0, held.close)
        release.start()
        with Database.open(full_url) as database, database.read() as connection:
            assert connection.execute(sa.select(1)).scalar_one() == 1
        release.join()


@pytest.mark.postgres
def test_a_server_that_stays_full_is_one_sentence(
    full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)
    with ExitStack() as held:
        for _ in range(FEW):
            held.enter_context(psycopg.connect(full_url))
        with pytest.raises(StoreError, match="no free connection; end other clients"):
            Database.open(full_url)


@pytest.mark.postgres
def test_threads_of_a_process_never_take_more_than_the_address_says(postgres_url: str) -> None:
    with Database.open(f"{postgres_url}&pool_size=2") as database:

        def look(_number: int) -> int:
            with database.read() as connection:
                return int(connection.execute(_COUNT).scalar_one())

        with ThreadPoolExecutor(8) as pool:
            assert max(pool.map(look, range(40))) <= 2


@pytest.mark.postgres
def test_each_process_is_told_apart_in_the_server(postgres_url: str) -> None:
    with Database.open(postgres_url) as database, database.read() as connection:
        name = connection.execute(sa.text("SHOW application_name")).scalar_one()
    assert name.startswith("facets-pipeline ")
    assert f"{os.getpid()}@{socket.gethostname()}"[:40] in name


@pytest.mark.postgres
def test_a_server_that_was_there_is_waited_for_while_it_is_away(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []
    with Database.open(postgres_url) as database:
        real = database.url.get_dialect().connect

        def refused_twice(dialect: sa.Dialect, *positional: object, **named: object) -> object:
            tries.append(dialect)
            if len(tries) <= 2:
                raise psycopg.OperationalError("connection failed: Connection refused")
            return real(dialect, *positional, **named)

        monkeypatch.setattr(database.url.get_dialect(), "connect", refused_twice)
        with ExitStack() as held:
            for _ in range(3):
                held.enter_context(database.read())
    assert len(tries) >= 3


def test_where_no_server_listens_it_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def pause(seconds: float) -> None:
        raise AssertionError(f"waited {seconds} s for a wrong address")

    monkeypatch.setattr(patience.time, "sleep", pause)
    with pytest.raises(StoreError, match="check that it runs"):
        Database.open("postgresql://me@127.0.0.1:1/facets")


@pytest.mark.parametrize("stated", ["1", "21", "many"])
def test_a_pool_size_that_cannot_work_is_refused(stated: str) -> None:
    with pytest.raises(SettingsError, match="a number from 2 to 20"):
        Database.open(f"postgresql://me@127.0.0.1:1/facets?pool_size={stated}")


def test_dagster_gets_the_address_without_our_option() -> None:
    assert dagster_url("postgresql://me@h/facets?pool_size=3&sslmode=require") == (
        "postgresql+psycopg2://me@h/facets?sslmode=require"
    )
