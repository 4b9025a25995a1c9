"""Servers for these tests, put back before each, a client, and stores to be filled from them."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.annotators.claude.asking import client_of
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import (
    Bench,
    fill_store,
    put_back,
)
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.empty_stores import EmptyStores


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the project uses."""
    return "asyncio"


@pytest.fixture(scope="session")
def strict_server() -> Generator[RunningServer]:
    """A server without limits or latency."""
    with running_server() as server:
        yield server


@pytest.fixture
def server(strict_server: RunningServer) -> RunningServer:
    """The server with nothing planned, nothing limited, nothing in its account or cache."""
    strict_server.admin.clear_faults()
    strict_server.admin.change_limits()
    strict_server.admin.forget()
    strict_server.admin.advance(2 * 3600)
    return strict_server


@pytest.fixture
async def client(server: RunningServer) -> AsyncGenerator[ClaudeClient]:
    """A client of the server."""
    async with client_of(server.base_url) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path, empty_stores: EmptyStores) -> Generator[Store]:
    """An empty store on SQLite: what is no matter of the store is tried there alone."""
    with Store.open(empty_stores.on_sqlite(tmp_path / "facets.db")) as opened:
        yield opened


@pytest.fixture
def any_store(database: Database) -> Store:
    """An empty store, on SQLite and on Postgres in turn."""
    return Store(database)


def _bench(store: Store, server: RunningServer) -> Bench:
    fill_store(store, server, 11)
    return Bench(store, server)


@pytest.fixture
def lite(store: Store, server: RunningServer) -> Bench:
    """Eleven pending codes on SQLite, and a server that ends batches at once."""
    put_back(server)
    return _bench(store, server)


@pytest.fixture(scope="session")
def slow_server() -> Generator[RunningServer]:
    """A server whose batches take an hour of its clock."""
    with running_server(batch_seconds=3600.0) as running:
        yield running


@pytest.fixture
def slow(store: Store, slow_server: RunningServer) -> Bench:
    """The same with a server whose batches take an hour."""
    put_back(slow_server)
    return _bench(store, slow_server)


@pytest.fixture
def hourly() -> Generator[RunningServer]:
    """A server of one test alone, which has no other batches; they take an hour of its clock."""
    with running_server(batch_seconds=3600.0) as running:
        yield running


@pytest.fixture
def hourly_bench(any_store: Store, hourly: RunningServer) -> Bench:
    """Eleven pending codes on both stores, and a server of the test alone."""
    return _bench(any_store, hourly)


@pytest.fixture
def hourly_lite(store: Store, hourly: RunningServer) -> Bench:
    """The same on SQLite alone."""
    return _bench(store, hourly)
