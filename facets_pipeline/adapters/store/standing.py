"""What stands at the address of a store, told without making, migrating or changing anything.

Opening a store, which creates and migrates it, is in `database`.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.engines import Engines, engines
from facets_pipeline.adapters.store.failures import store_failures
from facets_pipeline.adapters.store.migrations.revision import HEAD, stored_revision
from facets_pipeline.adapters.store.urls import shown, store_url
from facets_pipeline.domain.errors import StoreError

_POSTGRES_READ_ONLY: Final = sa.text(
    "SELECT current_setting('transaction_read_only') = 'on'"
    " OR NOT has_table_privilege('source_release', 'INSERT')"
)


class Standing(StrEnum):
    """What a store is for this version of the package."""

    ABSENT = "absent"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"


def standing_of(url: str) -> Standing:
    """Tell what stands at an address.

    Raises:
        SettingsError: The address cannot be understood.
        StoreError: The place cannot be reached, or holds no database.
    """
    # The list of known steps loads Alembic, which a current store does not need.
    step = step_of(url)
    if step is None:
        return Standing.ABSENT
    if step == HEAD:
        return Standing.CURRENT
    from facets_pipeline.adapters.store.migrations.runner import known_revisions  # noqa: PLC0415

    return Standing.OLDER if step in known_revisions() else Standing.NEWER


def step_of(url: str) -> str | None:
    """Return the schema step of the store at an address, or None where there is no store.

    Raises:
        SettingsError: The address cannot be understood.
        StoreError: The place cannot be reached, or holds no database.
    """
    address = store_url(url)
    ways = engines(address)
    try:
        with store_failures(address):
            return stored_step(address, ways)
    finally:
        ways.dispose()


def stored_step(url: sa.URL, ways: Engines) -> str | None:
    """Return the schema step of a store, or None where there is none; failures pass as they are.

    Raises:
        StoreError: The path of a SQLite store is a folder.
    """
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if path.is_dir():
            raise StoreError(
                f"The store {shown(url)} is a folder: name a file in it, as in "
                f"{str(path / 'facets.db')!r}."
            )
        if not path.exists():
            return None
    with ways.read.begin() as connection:
        return stored_revision(connection)


def is_read_only(url: str) -> bool:
    """Tell whether the current store at an address can be read but not written; nothing is written.

    Raises:
        StoreError: It cannot be reached.
    """
    address = store_url(url)
    if address.get_backend_name() == "sqlite":
        # Beside the file stands its log: the folder must be writable too.
        path = Path(str(address.database))
        return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    ways = engines(address)
    try:
        with store_failures(address), ways.write.begin() as connection:
            return bool(connection.execute(_POSTGRES_READ_ONLY).scalar_one())
    finally:
        ways.dispose()
