"""A filled store that is only read, on SQLite and on Postgres in turn, and clients of its API."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.api.app import make_app
from facets_pipeline_tests.api.contents import Row, fill_with_sample
from facets_pipeline_tests.postgres_server import PostgresServer


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled store.

    Attributes:
        url: Its address.
        rows: The rows of its flat table, in order.
    """

    url: str
    rows: Sequence[Row]


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Filled]:
    """A store with the sample's codes; only read it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('search') / 'facets.db'}"
        yield Filled(url, fill_with_sample(url))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh_database() as name:
        url = server.url(name)
        yield Filled(url, fill_with_sample(url))


@pytest.fixture(scope="session")
def search(filled: Filled) -> Generator[Search]:
    """The open search over the filled store."""
    opened = Search.open(filled.url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def client(search: Search) -> TestClient:
    """A client of the API over the filled store."""
    return TestClient(make_app(search))
