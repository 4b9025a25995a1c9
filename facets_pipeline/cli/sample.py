"""`facets sample`: some codes with their facets, readable."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.validation import Status, why_empty


def sample(
    number: Annotated[int, typer.Argument(help="How many codes.", min=1)] = 10,
    *,
    code_system: CodeSystem = "",
    code: Annotated[
        list[str] | None, typer.Option("--code", help="This very code; repeatable.")
    ] = None,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Show codes with their facets, spread evenly over what is there."""
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    system = chosen_system(code_system)
    with Store.open(settings.store_url) as store:
        wanted = [text.strip().upper() for text in code] if code else None
        rows = (
            store.flat.spread(system, number)
            if wanted is None
            else list(store.flat.rows(system, wanted))
        )
    if not rows:
        raise SourceError(
            "There are no such codes with facets: run `facets generate` first, `facets status` "
            "shows what is there."
        )
    show_rows(rows, as_json=as_json)


def show_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print flat rows: as JSON, or a short block per code."""
    if as_json:
        print_json([_document(row) for row in rows])
        return
    out = console()
    for row in rows:
        out.print(f"[bold]{row['code_system']} {row['code']}[/bold]  ", end="")
        out.print(str(row["descriptor"])[:200] or "(no descriptor)", markup=False)
        given = [
            f"{name} {str(row[name]).lower() if isinstance(row[name], bool) else row[name]}"
            for name in CODEBOOK.names
            if row[name] is not None
        ]
        empty = why_empty(Status(row["status"]))
        out.print(f"  {', '.join(given) or empty.value}")
        out.print(f"  [dim]{row['status']}, {row['model'] or 'nobody yet'}[/dim]")


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        "descriptor": row["descriptor"],
        **{name: row[name] for name in CODEBOOK.names},
        "status": row["status"],
        "model": row["model"],
        "opinions": row["opinions"],
    }
