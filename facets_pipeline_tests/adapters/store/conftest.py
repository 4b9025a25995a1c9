"""Fixtures for the tests of what a store keeps."""

from collections.abc import Generator

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.store.contents import filled_store
from facets_pipeline_tests.adapters.store.processes import Crew, crew


@pytest.fixture
def store(database: Database) -> Store:
    """An open, empty store, on SQLite and on Postgres in turn."""
    return Store(database)


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with ten codes: in review, never asked, with a new text, the others valid."""
    return filled_store(store)


@pytest.fixture(scope="session")
def workers() -> Generator[Crew]:
    """Four processes that start a piece of work at the same instant."""
    with crew() as hired:
        yield hired
