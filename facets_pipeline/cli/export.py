"""`facets export`: one row per active code, into a file that appears whole or not at all."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.terminal import console, print_json


class Format(StrEnum):
    """What a file may be."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


def export(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
    code_system: CodeSystem = "",
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Write code_system, code, a column per facet and the status of every active code."""
    from facets_pipeline.adapters.exports import export_rows
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    system = chosen_system(code_system)
    with Store.open(settings.store_url) as store:
        count = export_rows(store.flat.rows(system), file.expanduser(), form.value)
    if as_json:
        print_json({"file": str(file), "format": form.value, "codes": count})
    else:
        console().print(f"{count:,} codes written to {file}", markup=False, soft_wrap=True)
