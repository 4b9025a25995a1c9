"""Delimited text (comma, tab, semicolon, pipe) as a grid.

Belongs here: finding the delimiter and where the table begins, and strict reading from there.
Does not belong here: what the columns mean (`columns`, `table`).
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from facets_pipeline.adapters.sources.columns import find_columns
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid, GridRow
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError

MOST_COLUMNS = 16_384
"""Cells of a row, as many as a spreadsheet program allows; the widest real file has 48."""

_KINDS = {",": "CSV", "\t": "tab-separated text", ";": "semicolon CSV", "|": "pipe-separated text"}


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to read the sample, and how well it fits: more columns found is better."""

    delimiter: str
    first_line: int
    sample: list[GridRow]
    fit: tuple[bool, int, float, int]


def delimited_grid(content: Content, system: CodeSystem) -> Grid:
    """Read text as a table with the delimiter under which the most columns are found.

    Prose above the header (licences, disclaimers) is read leniently, the table itself strictly.

    Raises:
        SourceError: The text cannot be decoded.
    """
    head = list(islice(content.lines(), SAMPLE_ROWS))
    layouts = [layout for mark in _KINDS for layout in _layouts(head, mark, system)]
    best = max(layouts, key=lambda layout: layout.fit)
    note = f"The table begins in line {best.first_line}, below other text."
    return Grid(
        kind=_KINDS[best.delimiter],
        sample=best.sample,
        read=lambda: _strict_rows(content, best.delimiter, best.first_line),
        ragged=True,
        notes=(note,) if best.first_line > 1 else (),
    )


def _layouts(head: Sequence[str], delimiter: str, system: CodeSystem) -> Iterator[_Layout]:
    """Try the sample as records that may span lines, then line by line.

    The second way finds a header below prose whose quotation marks are not balanced.
    """
    for rows in (
        list(_lenient_rows(head, delimiter)),
        [
            row
            for number, line in enumerate(head, 1)
            for row in _lenient_rows([line], delimiter, number)
        ],
    ):
        columns = find_columns(rows, system)
        if columns is None:
            yield _Layout(delimiter, 1, rows, (False, 0, 0.0, 0))
            continue
        first_line = _header_line(rows, columns.first_row) if columns.header else columns.first_row
        table = [row for row in rows if row.row >= first_line]
        regular = sum(len(row.cells) == columns.width for row in table) / max(1, len(table))
        fit = (columns.has_text, len(columns.roles), regular, columns.width)
        yield _Layout(delimiter, first_line, table, fit)


def _header_line(rows: Sequence[GridRow], first_row: int) -> int:
    return max((row.row for row in rows if row.row < first_row), default=1)


def _lenient_rows(lines: Iterable[str], delimiter: str, first_line: int = 1) -> Iterator[GridRow]:
    reader = csv.reader(lines, delimiter=delimiter)
    start = first_line
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                return
            yield GridRow(start, cells)
            start = first_line + reader.line_num
    except csv.Error:
        # Only the sample is read leniently; the same place is refused when the table is read.
        return


def _strict_rows(content: Content, delimiter: str, first_line: int) -> Iterator[GridRow]:
    reader = csv.reader(
        islice(content.lines(), first_line - 1, None), delimiter=delimiter, strict=True
    )
    start = first_line
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise SourceError(
                    f"{content.name!r} has {len(cells):,} cells in line {start}, more than the "
                    f"{MOST_COLUMNS:,} that are read: get the file again."
                )
            yield GridRow(start, cells)
            start = first_line + reader.line_num
    except csv.Error as error:
        raise SourceError(
            f"{content.name!r} cannot be read on from line {start}: {error}; correct the quotation "
            "marks of that line."
        ) from error
