"""XLSX and XLS workbooks as grids, one per sheet.

Belongs here: guarding a workbook and choosing its sheet.
Does not belong here: reading its cells (`foreign`), and what the columns mean (`columns`, `table`,
`anweb`, `pprrvu`).
"""

from functools import partial

from facets_pipeline.adapters.sources.archive import guard_workbook
from facets_pipeline.adapters.sources.columns import find_columns
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.foreign import ForeignSheet, foreign_rows, foreign_sheets
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.quoting import quoted


def workbook_grid(content: Content, system: CodeSystem) -> Grid:
    """Open a workbook and return its first sheet with codes and texts, else with codes, else any.

    Raises:
        SourceError: The workbook is damaged, dangerous, protected or has no filled sheet.
    """
    kind = "XLS workbook" if content.kind == "xls" else "XLSX workbook"
    if content.kind != "xls":
        guard_workbook(content)
    sheets = foreign_sheets(content, SAMPLE_ROWS)
    filled = [_sheet_grid(content, kind, sheet) for sheet in sheets if sheet.sample]
    if not filled:
        raise SourceError(f"{content.name!r} is a workbook without a filled sheet: give another.")
    return max(filled, key=lambda grid: _fitness(grid, system))


def _fitness(grid: Grid, system: CodeSystem) -> int:
    columns = find_columns(grid.sample, system)
    return 0 if columns is None else 1 + columns.has_text


def _sheet_grid(content: Content, kind: str, sheet: ForeignSheet) -> Grid:
    return Grid(
        kind=kind,
        sample=sheet.sample,
        read=partial(foreign_rows, content, sheet.place),
        notes=(f"The sheet {quoted(sheet.name)} was read.",),
    )
