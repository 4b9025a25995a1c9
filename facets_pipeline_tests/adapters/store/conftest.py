"""Fixtures for the tests of what a store keeps."""

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store


@pytest.fixture
def store(database: Database) -> Store:
    """An open, empty store, on SQLite and on Postgres in turn."""
    return Store(database)
