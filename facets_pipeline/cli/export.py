"""`facets export`: one row per active code, into a file that appears whole or not at all."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.fhir import DEFAULT_BASE


class Format(StrEnum):
    """What a file may be."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    FHIR = "fhir"


def export(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
    fhir_base: Annotated[
        str, typer.Option("--fhir-base", help="Begins the addresses of the FHIR resources.")
    ] = DEFAULT_BASE,
    code_system: CodeSystem = "",
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Write the facets of every active code, with what an empty facet means; no descriptors.

    csv, parquet and jsonl: code_system, code, a column per facet, status, empty_means. fhir: one
    transaction Bundle (R4) with a CodeSystem supplement per code system and the facets' values.
    """
    from facets_pipeline.adapters.exports import export_rows
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    system = chosen_system(code_system)
    with Store.open(settings.store_url) as store:
        rows = store.flat.rows(system)
        count = export_rows(rows, file.expanduser(), form.value, fhir_base=fhir_base)
    if as_json:
        print_json({"file": str(file), "format": form.value, "codes": count})
    else:
        console().print(f"{count:,} codes written to {file}", markup=False, soft_wrap=True)
