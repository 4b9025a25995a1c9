"""Options that several subcommands share, so that they mean and read the same everywhere."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.domain.code_systems import CODE_SYSTEMS, code_system

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings

CodeSystem = Annotated[
    str,
    typer.Option(
        "--code-system",
        metavar="|".join(CODE_SYSTEMS),
        help="The code system; default: all that are loaded.",
        show_default=False,
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--db-url",
        metavar="URL",
        help="Address of the store (SQLite or Postgres); default: FACETS_DATABASE_URL, "
        "DATABASE_URL, else SQLite in the data folder.",
        show_default=False,
    ),
]


def chosen_system(text: str) -> str | None:
    """Return the name of the code system that an option names, or None if it names none.

    Raises:
        SettingsError: There is no such system.
    """
    return code_system(text).name if text else None


def settings_with(db_url: str = "") -> "Settings":
    """Return the settings as they are now, with a store's address from the command line.

    The address goes into the environment: runs in this and in other processes must see the same.
    """
    # Reading settings needs a library that takes longer to import than `--help` to print.
    from facets_pipeline.settings import Settings

    if db_url:
        os.environ["FACETS_DATABASE_URL"] = db_url
    return Settings.load()
