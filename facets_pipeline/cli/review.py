"""`facets review`: what waits for a person, both opinions on it, and what the person decides."""

import getpass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.review_ask import ask
from facets_pipeline.cli.review_pages import (
    Document,
    for_machines,
    queue_document,
    show_code,
    show_queue,
    shown_code,
)
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.deciding import decided_values, shown
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store

review = typer.Typer(
    help="What waits for a person: list, show, set, undo, export; ask a model.",
    no_args_is_help=True,
)


class Accept(StrEnum):
    """Whose opinion is taken over in every facet."""

    CLAUDE = "claude"
    REFERENCE = "reference"


TheCode = Annotated[str, typer.Argument(help="The code.", show_default=False)]

By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who decides; default: your login name.")
]


@review.command("list")
def list_waiting(
    *,
    code_system: CodeSystem = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many codes.")] = 20,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Show the codes in review or in doubt, the ones that matter most first.

    Codes without values before codes in doubt; the category before facets that bind others, these
    before the rest; a second opinion on a strong basis before a guess.
    """
    from facets_pipeline.adapters.store.review_queue import review_queue
    from facets_pipeline.adapters.store.store import Store

    system = chosen_system(code_system)
    with Store.open(settings_with(db_url).store_url) as store:
        _refresh(store, [system] if system else list(CODE_SYSTEMS))
        queue = review_queue(store.database, store.flat, system)
    if as_json:
        print_json(queue_document(queue, limit))
    else:
        show_queue(queue, limit)


@review.command("show")
def show(
    code: TheCode, *, code_system: CodeSystem = "", db_url: DatabaseUrl = "", as_json: Json = False
) -> None:
    """Show both opinions on a code, what stands and why, the definitions, earlier decisions."""
    from facets_pipeline.adapters.store.store import Store

    with Store.open(settings_with(db_url).store_url) as store:
        system, known = _code(code, code_system)
        _refresh(store, [system])
        document = _document(store, system, known)
    if as_json:
        print_json(for_machines(document))
    else:
        show_code(document)


@review.command("set")
def set_values(  # noqa: PLR0913 - one argument per option
    code: TheCode,
    pair: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FACET=VALUE...", help="What is right; no value: null.", show_default=False
        ),
    ] = None,
    *,
    accept: Annotated[
        Accept | None,
        typer.Option("--accept", help="Take over this opinion whole.", show_default=False),
    ] = None,
    by: By = "",
    note: Annotated[str, typer.Option("--note", help="Why, in your own words.")] = "",
    code_system: CodeSystem = "",
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Decide facets of a code; the decision overrides every answer until it is undone.

    `--accept` decides every facet; a FACET=VALUE beside it is decided otherwise.
    """
    from facets_pipeline.adapters.store.store import Store

    values = decided_values(pair or [], CODEBOOK)
    system, known = _code(code, code_system)
    with Store.open(settings_with(db_url).store_url) as store:
        if accept is not None:
            _refresh(store, [system])
            values = {**_opinion(store, system, known, accept), **values}
        if not values:
            raise SettingsError(
                "Nothing is decided: give facet=value, or --accept claude or reference."
            )
        who = by or getpass.getuser()
        store.decisions.set(system, known, values, by=who, day=store.today(), note=note)
        done = ", ".join(f"{facet} {shown(value)}" for facet, value in values.items())
        _finish(store, system, known, f"{who} decided: {done}", as_json=as_json)


@review.command("undo")
def undo(
    code: TheCode,
    facet: Annotated[
        str, typer.Argument(help="The facet; default: all of the code.", show_default=False)
    ] = "",
    *,
    by: By = "",
    code_system: CodeSystem = "",
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Undo what was decided on a code: what stood before stands again."""
    from facets_pipeline.adapters.store.store import Store

    name = facet.strip().lower()
    if name and name not in CODEBOOK.names:
        raise SettingsError(f"{facet!r} is no facet: use one of {', '.join(CODEBOOK.names)}.")
    system, known = _code(code, code_system)
    with Store.open(settings_with(db_url).store_url) as store:
        who = by or getpass.getuser()
        undone = store.decisions.undo(system, known, name or None, by=who, day=store.today())
        _finish(store, system, known, f"{who} undid: {', '.join(undone)}", as_json=as_json)


@review.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The CSV file to write.", show_default=False)],
    *,
    code_system: CodeSystem = "",
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Write the decisions that hold as gold labels, for `facets evaluate --gold`."""
    from facets_pipeline.adapters.decisions_csv import write_decisions
    from facets_pipeline.adapters.store.store import Store

    with Store.open(settings_with(db_url).store_url) as store:
        made = store.decisions.in_force(chosen_system(code_system))
    if not made:
        raise SourceError("Nothing was decided yet: `facets review set` decides; no file written.")
    write_decisions(made, file.expanduser())
    codes = len({(each.code_system, each.code) for each in made})
    if as_json:
        print_json({"file": str(file), "decisions": len(made), "codes": codes})
    else:
        line = f"{len(made):,} decisions on {codes:,} codes written to {file}"
        console().print(line, markup=False, soft_wrap=True)


def _code(text: str, asked: str) -> tuple[str, str]:
    """Return code system and code; the form of a code tells its system."""
    code = text.strip().upper()
    named = chosen_system(asked)
    fitting = [system.name for system in CODE_SYSTEMS.values() if system.is_code(code)]
    if named is not None:
        return named, code
    if len(fitting) == 1:
        return fitting[0], code
    raise SettingsError(
        f"{text!r} has the form of no single code system: correct it, or name one of "
        f"{', '.join(CODE_SYSTEMS)} with --code-system."
    )


def _refresh(store: "Store", systems: list[str]) -> None:
    reconcile = settings_with().reconcile
    for name in systems:
        if store.releases.newest(name) is not None:
            store.refresh_rows(name, reconcile)


def _document(store: "Store", system: str, code: str) -> Document:
    # All of them: a reader that is left half read would keep its connection.
    rows = list(store.flat.rows(system, [code]))
    if not rows:
        raise SourceError(
            f"There is no row of {system} code {code!r}: `facets generate` makes one for every "
            "active code that is loaded."
        )
    second = store.second.of(system, [code]).get(code, {})
    return shown_code(rows[0], second, store.decisions.of(system, code))


def _opinion(
    store: "Store", system: str, code: str, accept: Accept
) -> dict[str, FacetValue | None]:
    document = _document(store, system, code)
    is_claude = str(document["source"]).startswith(Accept.CLAUDE.value)
    if accept is Accept.CLAUDE and not is_claude:
        raise SettingsError(f"Claude gave no answer on {code}: accept reference, or set facets.")
    key = "answer" if accept is Accept.CLAUDE else "second"
    found = {name: facet[key] for name, facet in document["facets"].items()}
    if not any(found.values()):
        raise SettingsError(f"There is no {accept.value} opinion on {code}: set facets instead.")
    return {name: parts["value"] if parts else None for name, parts in found.items()}


def _finish(store: "Store", system: str, code: str, line: str, *, as_json: bool) -> None:
    document = _document(store, system, code)
    if as_json:
        print_json(for_machines(document))
        return
    reason = f" ({document['reason']})" if document["status"] == "in_review" else ""
    out = console()
    out.print(f"{system} {code}: {line}.", markup=False)
    out.print(f"It is {document['status']} now{reason}.", markup=False)


review.command("ask")(ask)
