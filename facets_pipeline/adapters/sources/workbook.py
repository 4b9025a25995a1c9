"""XLSX and XLS workbooks as grids, one per sheet.

Belongs here: opening a workbook safely and choosing its sheet.
Does not belong here: what the columns mean (`columns`, `table`, `anweb`, `pprrvu`).
"""

import io
from collections.abc import Iterator
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from facets_pipeline.adapters.sources.archive import guard_workbook
from facets_pipeline.adapters.sources.columns import find_columns
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid, GridRow, grid_row
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError


def workbook_grid(content: Content, system: CodeSystem) -> Grid:
    """Open a workbook and return its first sheet with codes and texts, else with codes, else any.

    Raises:
        SourceError: The workbook is damaged, dangerous, protected or has no filled sheet.
    """
    kind = "XLS workbook" if content.kind == "xls" else "XLSX workbook"
    if content.kind != "xls":
        guard_workbook(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content.read_all())) as workbook:
            names = workbook.sheet_names
            grids = (_sheet_grid(kind, name, workbook.get_sheet_by_name(name)) for name in names)
            filled = [grid for grid in grids if grid.sample]
    except CalamineError as error:
        raise SourceError(
            f"{content.name!r} cannot be opened as a workbook ({error}): open it in a spreadsheet "
            "program, remove any password, and save it again as .xlsx or .csv."
        ) from error
    if not filled:
        raise SourceError(f"{content.name!r} is a workbook without a filled sheet: give another.")
    return max(filled, key=lambda grid: _fitness(grid, system))


def _fitness(grid: Grid, system: CodeSystem) -> int:
    columns = find_columns(grid.sample, system)
    return 0 if columns is None else 1 + columns.has_text


def _sheet_grid(kind: str, name: str, sheet: CalamineSheet) -> Grid:
    return Grid(
        kind=kind,
        sample=[] if sheet.start is None else list(islice(_rows(sheet), SAMPLE_ROWS)),
        read=lambda: _rows(sheet),
        notes=(f"The sheet {name!r} was read.",),
    )


def _rows(sheet: CalamineSheet) -> Iterator[GridRow]:
    # The iterator starts at row 1 of the sheet, also where the first rows are empty.
    for number, values in enumerate(sheet.iter_rows(), start=1):
        yield grid_row(number, values)
