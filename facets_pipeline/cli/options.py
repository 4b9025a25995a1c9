"""Options that several subcommands share, so that they mean and read the same everywhere."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.cell_selection import Only
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, code_system
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.engine.choice import AnnotatorName, AskFor, Mode

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.settings import Settings


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _code_systems(incomplete: str) -> list[str]:
    return _beginning(CODE_SYSTEMS, incomplete)


def _chunks(incomplete: str) -> list[str]:
    return _beginning(CHUNKS, incomplete)


def _models(incomplete: str) -> list[str]:
    from facets_pipeline.domain.models import shipped_models

    found = (facts.id for facts in shipped_models().models if facts.status == "current")
    return _beginning(found, incomplete)


CodeSystem = Annotated[
    str,
    typer.Option(
        "--code-system",
        autocompletion=_code_systems,
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


Who = Annotated[AnnotatorName, typer.Option("--annotator", help="Who answers.")]

Model = Annotated[
    str,
    typer.Option(
        "--model", autocompletion=_models, help="Claude's model; default: as chosen last."
    ),
]

RateLimit = Annotated[
    float, typer.Option("--rate-limit", min=0, help="Requests per minute at most; 0: learnt.")
]

BatchSize = Annotated[
    int, typer.Option("--batch-size", min=0, max=100, help="Codes per request; 0: as set.")
]

Budget = Annotated[
    float, typer.Option("--budget-usd", min=0, help="Dollars for this run at most; 0: no limit.")
]

How = Annotated[Mode, typer.Option("--mode", help="At once, or within hours at half the price.")]

WhichCodes = Annotated[
    AskFor,
    typer.Option(
        "--ask",
        help="Every code, or only those of which headings and official tables leave a facet open; "
        "last: as chosen last.",
    ),
]

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for batches that are sent.")]

Force = Annotated[bool, typer.Option("--force", help="Ask again what was answered.")]

Try = Annotated[
    int, typer.Option("--test", min=0, metavar="N", help="Try N codes and show them; 0: all.")
]

Chunks = Annotated[
    list[str] | None,
    typer.Option(
        "--chunk",
        autocompletion=_chunks,
        metavar="00..31",
        help="Only this chunk of the code systems; may be repeated.",
        show_default=False,
    ),
]

Which = Annotated[
    Only | None,
    typer.Option(
        "--only",
        help="Only partitions that Dagster shows as missing or failed, or that have pending codes.",
        show_default=False,
    ),
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and stop.")]

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")]


def chosen_system(text: str) -> str | None:
    """Return the name of the code system that an option names, or None if it names none.

    Raises:
        SettingsError: There is no such system.
    """
    return code_system(text).name if text else None


def loaded_systems(store: "Store", asked: str) -> list[str]:
    """Return the code systems that an option names, all that are loaded if it names none.

    Raises:
        SettingsError: There is no such system.
        SourceError: It is not loaded, or none is.
    """
    system, loaded = chosen_system(asked), store.releases.loaded()
    if system is not None and system not in loaded:
        raise SourceError(
            f"No {system} codes are loaded: run `facets load FILE --code-system {system}` first."
        )
    if not loaded:
        raise SourceError(
            "No codes are loaded: run `facets load FILE --code-system HCPCS` first, or "
            "`facets demo` to see it work."
        )
    return loaded if system is None else [system]


def settings_with(db_url: str = "") -> "Settings":
    """Return the settings as they are now, with a store's address from the command line.

    The address goes into the environment: runs in this and in other processes must see the same.
    """
    # Reading settings needs a library that takes longer to import than `--help` to print.
    from facets_pipeline.settings import Settings

    if db_url:
        os.environ["FACETS_DATABASE_URL"] = db_url
    return Settings.load()
