"""`facets doctor`: what is configured, reachable or missing, and the command that mends it.

What is looked at stands in `diagnoses`.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.terminal import console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis
    from facets_pipeline.settings import Settings

_MARKS = {
    "ok": "[green]ok[/green]   ",
    "note": "[yellow]note[/yellow] ",
    "fault": "[red]fault[/red]",
}


def doctor(
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the Claude API whether it takes the key: free.")
    ] = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Check settings, folders, store, sources, prices and the Dagster instance.

    Nothing is asked over the network but the store's own server; with --online the Claude API.
    """
    found = list(_diagnoses(settings_with(db_url), online=online))
    faults = [diagnosis for diagnosis in found if diagnosis.state == "fault"]
    if as_json:
        print_json({"healthy": not faults, "checks": [asdict(diagnosis) for diagnosis in found]})
    else:
        out = console()
        for diagnosis in found:
            out.print(f"{_MARKS[diagnosis.state]} {diagnosis.name}: ", end="")
            out.print(diagnosis.found, markup=False, soft_wrap=True)
            if diagnosis.remedy:
                out.print(f"      -> {diagnosis.remedy}", markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(1)


def _diagnoses(settings: "Settings", *, online: bool) -> "Iterator[Diagnosis]":
    from facets_pipeline.cli.diagnoses import claude, instance, machine, sources, store
    from facets_pipeline.cli.diagnoses.diagnosis import guarded

    looks = [
        ("python", machine.python),
        ("data folder", machine.data_folder),
        ("disk", machine.disk),
        ("file system", machine.file_system),
        ("store", store.store),
        ("sources", sources.sources),
        ("dagster instance", instance.instance),
        ("claude key", claude.key),
        ("prices", claude.prices),
    ]
    if online:
        looks.append(("claude api", claude.api))
    for name, look in looks:
        yield from guarded(name, lambda look=look: look(settings))
