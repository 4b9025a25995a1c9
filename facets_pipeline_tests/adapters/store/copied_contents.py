"""What a store that is copied holds besides codes and answers; no test belongs here."""

from datetime import UTC, datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import (
    batch,
    call,
    call_item,
    reference_release,
    reference_value,
)
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.engine.annotators import FirstWord

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def add_reference(store: Store) -> None:
    """Let an official table be loaded, with one value."""
    release = {"reference_id": 7, "kind": "rbcs", "file": "rbcs.csv", "digest": "d"}
    with store.database.write() as connection:
        loaded = {**release, "release": "2026", "loaded_at": LONG_AGO}
        connection.execute(sa.insert(reference_release).values(loaded))
        value = {"reference_id": 7, "code": "A0001", "found": {"é": [1.5, None]}}
        connection.execute(sa.insert(reference_value).values(value))


def add_batch(store: Store, owner: str, lease_until: datetime) -> None:
    """Let a batch be out at the API, with one code."""
    recipe_id = FirstWord().recipe.recipe_id
    row = {
        "batch_id": "b1",
        "recipe_id": recipe_id,
        "code_system": "HCPCS",
        "model": "m",
        "prefix": "b1",
        "remote_id": "msgbatch_1",
        "state": "submitted",
        "requests": 1,
        "codes": 1,
        "owner": owner,
        "lease_until": lease_until,
        "opened_at": LONG_AGO,
    }
    with store.database.write() as connection:
        connection.execute(sa.insert(batch).values(row))
        add_call(connection, "c1", owner, lease_until, batch_id="b1", mode="batches")


def add_call(
    connection: sa.Connection, key: str, owner: str, lease_until: datetime, **more: str
) -> None:
    """Let a call be under way that holds one code."""
    recipe_id = FirstWord().recipe.recipe_id
    values = {"call_id": key, "recipe_id": recipe_id, "state": "sent", "codes": 1, **more}
    held = {"owner": owner, "lease_until": lease_until, "opened_at": LONG_AGO}
    connection.execute(sa.insert(call).values(**values, **held))
    item = {"call_id": key, "recipe_id": recipe_id, "code_system": "HCPCS", "code": "A0001"}
    connection.execute(sa.insert(call_item).values(**item, descriptor_hash=key, open=True))
