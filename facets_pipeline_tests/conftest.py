"""Fixtures that every test may use."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline_tests import dagster_migrations
from facets_pipeline_tests.empty_stores import EmptyStores
from facets_pipeline_tests.memory_folder import memory_folder
from facets_pipeline_tests.postgres_server import PostgresServer, running_postgres

FIRST = (
    "daemon/test_kills.py",
    "daemon/test_automation.py",
    # These work while those wait: not all of the first are to start daemons at the same moment.
    "cli/test_generate_cells.py",
    "cli/test_sweep.py",
    "daemon/test_concurrent_runs.py",
)
"""The files that take longest, in the order in which test processes get them."""

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """Put the tests' folders into memory, unless somebody has said where they are to be."""
    if (folder := memory_folder()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files: the others fill up what time is left beside them."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(FIRST)}
    items.sort(key=lambda item: ranks.get(item.path, len(FIRST)))


@pytest.fixture(scope="session", autouse=True)
def _quick_instances() -> Generator[None]:
    with dagster_migrations.read_once():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real code files and development labels, where this machine has it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder ../shared/data with the real code files is not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    """A Postgres of this session: with several test processes, each has its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Generator[str]:
    """The address of a fresh, empty Postgres database; mark the test `postgres`."""
    with postgres_server.fresh_database() as name:
        yield postgres_server.url(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that does not exist yet, on SQLite and on Postgres in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'facets.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(scope="session")
def empty_stores(tmp_path_factory: pytest.TempPathFactory) -> EmptyStores:
    """Who makes empty stores quickly."""
    return EmptyStores(tmp_path_factory.mktemp("empty_stores"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(
    request: pytest.FixtureRequest, tmp_path: Path, empty_stores: EmptyStores
) -> Generator[str]:
    """The address of an empty store, on SQLite and on Postgres in turn."""
    if request.param == "sqlite":
        yield empty_stores.on_sqlite(tmp_path / "store" / "facets.db")
        return
    with empty_stores.on_postgres(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def database(empty_url: str) -> Generator[Database]:
    """An open, empty store, on SQLite and on Postgres in turn."""
    with Database.open(empty_url) as opened:
        yield opened
