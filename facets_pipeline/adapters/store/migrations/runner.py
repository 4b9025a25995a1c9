"""Runs the missing steps on a connection, in the caller's transaction, with Alembic in-process.

No alembic.ini, no logging set-up, no connection of its own: who opens the store owns those.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.schema import SchemaItem

from facets_pipeline.adapters.store.migrations.revision import HEAD, stored_revision
from facets_pipeline.adapters.store.schema import metadata
from facets_pipeline.domain.errors import StoreError

CONNECTION_ATTRIBUTE: Final = "connection"
"""Under this name `env.py` finds the connection."""


def migrate(connection: sa.Connection, step: str = HEAD) -> None:
    """Bring the store to `step`; nothing happens where it is there already.

    Raises:
        StoreError: The store has reached a step that this code does not know.
    """
    config = _config()
    stored = stored_revision(connection)
    if stored is not None and stored not in known_revisions(config):
        raise StoreError(
            f"The store is at schema step {stored!r}, but this version of facets-pipeline knows "
            f"steps up to {HEAD!r} only: install the newer version that wrote it, or choose "
            "another database."
        )
    config.attributes[CONNECTION_ATTRIBUTE] = connection
    command.upgrade(config, step)


def known_revisions(config: Config | None = None) -> list[str]:
    """Return all steps of this code, the newest first."""
    script = ScriptDirectory.from_config(config or _config())
    return [step.revision for step in script.walk_revisions()]


def is_ours(
    item: SchemaItem,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001 - Alembic passes it by position
    counterpart: SchemaItem | None,
) -> bool:
    """Tell Alembic which tables to compare: Dagster's and derived ones are none of its business."""
    del item, reflected, counterpart
    return kind != "table" or name in metadata.tables


def _config() -> Config:
    """Return Alembic's configuration without a file: the steps lie beside this module."""
    config = Config()
    # The parser of ini files expands '%'.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
