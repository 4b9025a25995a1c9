"""`facets doctor`: what is configured, reachable or missing, and the command that mends it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import FacetsError

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: "ok", "note" for what is merely not there yet, "fault" for what is broken.
        found: What was found.
        remedy: The command or setting that mends it; empty if nothing needs to be.
    """

    name: str
    state: Literal["ok", "note", "fault"]
    found: str
    remedy: str = ""


_MARKS = {
    "ok": "[green]ok[/green]   ",
    "note": "[yellow]note[/yellow] ",
    "fault": "[red]fault[/red]",
}


def doctor(*, db_url: DatabaseUrl = "", as_json: Json = False) -> None:
    """Check settings, folders, store, sources and the Dagster instance."""
    settings = settings_with(db_url)
    found = [diagnosis for name, look in _LOOKS for diagnosis in _safely(name, look, settings)]
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


def _safely(
    name: str, look: Callable[["Settings"], Iterator[Diagnosis]], settings: "Settings"
) -> Iterator[Diagnosis]:
    try:
        yield from look(settings)
    except FacetsError as error:
        found, _, remedy = str(error).partition(": ")
        yield Diagnosis(name, "fault", found, remedy)


def _python(_settings: "Settings") -> Iterator[Diagnosis]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Diagnosis("python", "ok", f"{version} at {sys.executable}")


def _data_folder(settings: "Settings") -> Iterator[Diagnosis]:
    folder = settings.data_dir.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        remedy = "make it writable, or set FACETS_DATA_DIR to another folder"
        yield Diagnosis("data folder", "fault", f"{folder} ({error.strerror})", remedy)
        return
    yield Diagnosis("data folder", "ok", str(folder))


def _store(settings: "Settings") -> Iterator[Diagnosis]:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.summary import summary

    with Store.open(settings.store_url) as store:
        address = store.database.url.render_as_string(hide_password=True)
        yield Diagnosis("store", "ok", address)
        lines = {line.code_system: line for line in summary(store)}
    for name in CODE_SYSTEMS:
        line = lines.get(name)
        if line is None:
            remedy = f"facets load FILE --code-system {name}"
            yield Diagnosis(f"{name} codes", "note", "no source is loaded", remedy)
            continue
        text = f"release {line.release}, {line.codes:,} active, {line.pending:,} pending"
        remedy = "facets generate" if line.pending else ""
        yield Diagnosis(f"{name} codes", "note" if line.pending else "ok", text, remedy)


def _sources(settings: "Settings") -> Iterator[Diagnosis]:
    for name in CODE_SYSTEMS:
        source = settings.source_of(name)
        if not source or source.startswith("sql:"):
            continue
        there = Path(source).expanduser().exists()
        remedy = "" if there else f"correct FACETS_{name}_SOURCE, or unset it"
        found = source if there else f"{source!r} does not exist"
        yield Diagnosis(f"{name} source", "ok" if there else "fault", found, remedy)


def _instance(settings: "Settings") -> Iterator[Diagnosis]:
    from facets_pipeline.cli.instance import open_instance
    from facets_pipeline.defs.dead_runs import fail_runs_of_dead_processes

    with open_instance(settings) as instance:
        recovered = fail_runs_of_dead_processes(instance)
        text = f"{instance.root_directory}, {instance.get_runs_count():,} runs"
    if recovered:
        text += f"; {recovered} unfinished runs of dead processes are now marked as failed"
    yield Diagnosis("dagster instance", "ok", text)


def _key(settings: "Settings") -> Iterator[Diagnosis]:
    if settings.has_key:
        yield Diagnosis("claude key", "ok", "ANTHROPIC_API_KEY is set")
    else:
        text = "ANTHROPIC_API_KEY is not set: the embedded rules answer, at no cost"
        yield Diagnosis("claude key", "note", text)


_LOOKS = (
    ("python", _python),
    ("data folder", _data_folder),
    ("store", _store),
    ("sources", _sources),
    ("dagster instance", _instance),
    ("claude key", _key),
)
