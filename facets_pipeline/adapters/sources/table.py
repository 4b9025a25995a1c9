"""A grid whose columns were found, as a source of codes: any CSV, workbook or Parquet file.

Belongs here: making raw rows from found columns, cut-off rows and number cells, and AMA tables
with several clinician texts per code. Does not belong here: layouts with fixed columns.
"""

from collections.abc import Iterator
from dataclasses import replace

from facets_pipeline.adapters.sources.columns import Columns, compact, find_columns
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import Grid, GridRow
from facets_pipeline.adapters.sources.source import CodeSource, code_source
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RawRow, RowIssue

_CLINICIAN = "cliniciandescriptor"


def table_source(content: Content, grid: Grid, system: CodeSystem) -> CodeSource:
    """Make a source of a grid by finding its columns.

    Raises:
        SourceError: It has no code column, no descriptor column, or is a reference table.
    """
    columns = find_columns(grid.sample, system)
    if columns is None:
        raise SourceError(
            f"{content.name!r} was read as {grid.kind}, and no column of it holds {system.title} "
            "codes: name the code column 'code', or give another file."
        )
    header = {compact(name) for name in columns.header}
    if any(name.startswith("rbcs") for name in header):
        raise SourceError(
            f"{content.name!r} is an RBCS table, which has no descriptors: load it with "
            "--reference."
        )
    if not columns.has_text:
        raise SourceError(
            f"{content.name!r} has a code column, {columns.roles['code'].name!r}, but no "
            "descriptor column: name one 'short_description' or 'long_description'."
        )
    source = code_source(content, grid.kind, lambda: raw_rows(content.name, grid, columns))
    notes = (*source.notes, *grid.notes)
    if "long" in columns.roles and compact(columns.roles["long"].name) == _CLINICIAN:
        source = replace(source, read=lambda: _joined(raw_rows(content.name, grid, columns)))
        notes = (*notes, "A code's clinician descriptors were joined with '; '.")
    return replace(
        source,
        has_dates="terminated" in columns.roles,
        columns={role: str(column) for role, column in columns.roles.items()},
        notes=notes,
    )


def raw_rows(file: str, grid: Grid, columns: Columns) -> Iterator[RawRow | RowIssue]:
    """Read the rows below the header; cut-off rows and number cells become issues."""
    at = {role: column.index for role, column in columns.roles.items()}
    code_at = at["code"]
    for row in grid.read():
        if row.row < columns.first_row or not any(map(str.strip, row.cells)):
            continue
        yield _row_problem(file, grid, columns, row) or RawRow(
            row=row.row,
            file=file,
            code=row.cells[code_at],
            short=_cell(row, at.get("short")),
            long=_cell(row, at.get("long")),
            plain=_cell(row, at.get("plain")),
            category=_cell(row, at.get("category")),
            effective_on=_cell(row, at.get("effective")),
            terminated_on=_cell(row, at.get("terminated")),
            code_system=_cell(row, at.get("code_system")),
        )


def _cell(row: GridRow, index: int | None) -> str:
    # The cells of a workbook end with the last filled one of the whole sheet, not of the header.
    return row.cells[index] if index is not None and index < len(row.cells) else ""


def _row_problem(file: str, grid: Grid, columns: Columns, row: GridRow) -> RowIssue | None:
    code_at = columns.roles["code"].index
    code = _cell(row, code_at).strip()
    if code_at in row.numbers:
        message = (
            f"The code is stored as the number {code}, so leading zeros are lost: format the code "
            "column as text and enter the codes again."
        )
        return RowIssue(file, row.row, code, "refused", "numeric_code_cell", message)
    if not grid.ragged or len(row.cells) == columns.width:
        return None
    found = f"The row has {len(row.cells)} cells instead of {columns.width}"
    if len(row.cells) < columns.width:
        message = f"{found}: it was cut off; get the file again."
        return RowIssue(file, row.row, code, "refused", "truncated_row", message)
    if any(cell.strip() for cell in row.cells[columns.width :]):
        message = f"{found}: put quotation marks around texts that hold the delimiter."
        return RowIssue(file, row.row, code, "refused", "extra_cells", message)
    return None


def _joined(rows: Iterator[RawRow | RowIssue]) -> Iterator[RawRow | RowIssue]:
    """Join the long texts of all rows of a code; they are variants of one procedure, not rivals."""
    first: dict[str, RawRow] = {}
    texts: dict[str, list[str]] = {}
    for row in rows:
        if isinstance(row, RowIssue):
            yield row
            continue
        key = row.code.strip().upper()
        first.setdefault(key, row)
        known = texts.setdefault(key, [])
        if row.long.strip() not in known:
            known.append(row.long.strip())
    for key, row in first.items():
        yield replace(row, long="; ".join(filter(None, texts[key])))
