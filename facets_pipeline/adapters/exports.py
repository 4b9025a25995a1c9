"""Writing flat rows to files: CSV, Parquet, JSON lines and FHIR, streamed, whole or not at all.

Tables hold one column per facet that is its value or empty, and one column that says what empty
means in this row: a facet's column stays a plain word or truth value for whoever computes with it.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from facets_pipeline.adapters.fhir import write_bundle
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.writing import csv_cell, written_whole
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.fhir import DEFAULT_BASE, Publication
from facets_pipeline.domain.validation import Status, why_empty

FORMS = ("csv", "parquet", "jsonl", "fhir")
"""The formats that can be written."""

EMPTY_MEANS = "empty_means"
"""The column that says what an empty facet means in its row."""

IN_DOUBT = "in_doubt"
"""The column that counts the facets of a row that a person should look at although they stand."""

arrow: Any = pa
"""pyarrow, which ships no types."""

Row = Mapping[str, Any]


def export_rows(
    rows: Iterable[Row],
    path: Path,
    form: str,
    codebook: Codebook = CODEBOOK,
    *,
    fhir_base: str = DEFAULT_BASE,
) -> int:
    """Write rows of the flat table to `path` and return how many.

    Args:
        rows: Column to value, by code system.
        path: The file; replaced if it exists, and only when all is written.
        form: "csv", "parquet", "jsonl" or "fhir".
        codebook: The facets that become columns.
        fhir_base: Begins the canonical addresses of our own FHIR resources.

    Raises:
        SettingsError: No such format, or FHIR cannot be written so.
        SourceError: There are no rows.
        StoreError: The file cannot be written.
    """
    if form not in FORMS:
        raise SettingsError(f"Unknown export format {form!r}: use one of {', '.join(FORMS)}.")
    with written_whole(path) as beside:
        if form == "fhir":
            day = datetime.now(UTC).date()
            count = write_bundle(rows, beside, Publication(day, codebook, fhir_base))
        else:
            count = _table(rows, beside, form, codebook)
        if not count:
            raise SourceError(
                "There is nothing to export: run `facets generate` first; no file was written."
            )
    return count


def _table(rows: Iterable[Row], path: Path, form: str, codebook: Codebook) -> int:
    chosen = (_chosen(row, codebook) for row in rows)
    if form == "parquet":
        return _parquet(chosen, path, codebook)
    if form == "jsonl":
        return _jsonl(chosen, path)
    return _csv(
        chosen, path, ("code_system", "code", *codebook.names, "status", EMPTY_MEANS, IN_DOUBT)
    )


def _chosen(row: Row, codebook: Codebook) -> Row:
    facets = {name: row[name] for name in codebook.names}
    has_empty = None in facets.values()
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        **facets,
        "status": row["status"],
        EMPTY_MEANS: why_empty(Status(row["status"])).value if has_empty else None,
        IN_DOUBT: row[IN_DOUBT],
    }


def _csv(rows: Iterable[Row], path: Path, columns: tuple[str, ...]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: csv_cell(value) for name, value in row.items()})
            count += 1
    return count


def _jsonl(rows: Iterable[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
            count += 1
    return count


def _parquet(rows: Iterable[Row], path: Path, codebook: Codebook) -> int:
    types: dict[str, Any] = {"code_system": arrow.string(), "code": arrow.string()}
    for facet in codebook.facets:
        types[facet.name] = arrow.bool_() if facet.is_truth_value else arrow.string()
    types |= {"status": arrow.string(), EMPTY_MEANS: arrow.string(), IN_DOUBT: arrow.int32()}
    schema = arrow.schema(types)
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for page in pages(rows):
            table = arrow.Table.from_pylist([dict(row) for row in page], schema=schema)
            writer.write_table(table)
            count += len(page)
    return count
