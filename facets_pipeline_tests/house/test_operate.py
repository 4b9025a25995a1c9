"""The page on operating: its SQL runs on both stores, its commands and settings exist."""

import re

import pytest
import sqlalchemy as sa
import typer

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.cli.app import app
from facets_pipeline.settings import Settings
from facets_pipeline_tests.adapters.store.contents import filled_store
from facets_pipeline_tests.house.source_tree import ROOT

PAGE = (ROOT / "docs" / "operate.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ROWS_EXPECTED = "outcome.code = 'A0002'"


def test_every_query_of_the_page_runs_on_both_stores(database: Database) -> None:
    filled_store(Store(database))
    assert len(QUERIES) >= 6
    with database.read() as connection:
        for query in QUERIES:
            rows = connection.execute(sa.text(query)).all()
            assert rows or ROWS_EXPECTED not in query, query


def _names(group: typer.Typer) -> set[str]:
    """Return the commands of a group."""
    commands = group.registered_commands
    return {each.name or getattr(each.callback, "__name__", "") for each in commands}


def test_every_command_of_the_page_exists() -> None:
    groups = {
        str(each.name): _names(each.typer_instance)
        for each in app.registered_groups
        if each.typer_instance is not None
    }
    named = re.findall(r"(?:`|^)facets ([a-z]+)(?: ([a-z]+))?", PAGE, re.MULTILINE)
    assert len(named) > 20
    for command, subcommand in named:
        if command in groups:
            assert subcommand in groups[command], (command, subcommand)
        else:
            assert command in _names(app), command


@pytest.mark.parametrize("name", sorted(set(re.findall(r"FACETS_[A-Z_]+", PAGE))))
def test_every_setting_of_the_page_exists(name: str) -> None:
    assert name.removeprefix("FACETS_").lower() in Settings.model_fields
