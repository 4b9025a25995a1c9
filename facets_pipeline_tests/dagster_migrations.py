"""Dagster's migration scripts, read once for a process: its tests make hundreds of instances.

Alembic reads every script anew each time a database is made or looked at; within a process they
never change. Our own migrations are read as they always are. No test belongs here.
"""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

_DAGSTERS = "dagster:"


@contextmanager
def read_once() -> Generator[None]:
    """Read each of Dagster's folders of scripts once while the context lasts."""
    known: dict[str | None, ScriptDirectory] = {}
    read = ScriptDirectory.from_config

    def from_config(config: Config) -> ScriptDirectory:
        if not (config.get_main_option("script_location") or "").startswith(_DAGSTERS):
            return read(config)
        name = config.config_file_name and str(config.config_file_name)
        if name not in known:
            known[name] = read(config)
        return known[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", from_config)
        yield
