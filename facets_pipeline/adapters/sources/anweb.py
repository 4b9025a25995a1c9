"""CMS HCPCS Level II releases ("ANWEB"): the fixed-width text and the workbook of the same records.

Belongs here: where the fields stand and how continuation records become one descriptor.
Does not belong here: which codes count (`domain.intake`), any other workbook (`table`).

Layout after the CMS record layout of the Alpha-Numeric HCPCS file: one record of 320 characters per
80 characters of long description; record id 3 (code) or 7 (modifier) begins, 4 or 8 continues.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from facets_pipeline.adapters.sources.columns import compact
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import Grid, GridRow
from facets_pipeline.adapters.sources.source import CodeSource, code_source
from facets_pipeline.domain.codes import normalise_text
from facets_pipeline.domain.intake import RawRow, RowIssue
from facets_pipeline.domain.quoting import quoted

_RECORD_START = re.compile(r"(?:[A-Z0-9]{5}|   [A-Z0-9]{2})[0-9]{5}[3478]")
_LOOKED_AT = 200
# A first record says something up to its action code, a continuation up to the end of its text.
_LAST_COLUMN_OF_FIRST = 293
_LAST_COLUMN_OF_CONTINUATION = 91
_WHOLE_RECORD = 320
_HEADER = {"hcpc", "seqnum", "recid", "longdescription"}
_COLUMNS = {
    "code": "HCPC",
    "long": "LONG DESCRIPTION",
    "short": "SHORT DESCRIPTION",
    "effective": "ADD DT",
    "terminated": "TERM DT",
}


@dataclass(frozen=True, slots=True)
class _Record:
    """One physical record; `cut` if the file ends or breaks within it."""

    row: int
    code: str
    begins: bool
    long: str
    short: str = ""
    added: str = ""
    terminated: str = ""
    cut: bool = False


def is_anweb_text(content: Content) -> bool:
    """Tell whether a text consists of ANWEB records, below any disclaimer."""
    lines = list(islice(content.lines(), _LOOKED_AT))
    first = next((place for place, line in enumerate(lines) if _RECORD_START.match(line)), None)
    if first is None or len(lines[first]) < _LAST_COLUMN_OF_CONTINUATION:
        return False
    body = [line for line in lines[first:] if line.strip()]
    return sum(_RECORD_START.match(line) is not None for line in body) * 2 > len(body)


def anweb_text_source(content: Content) -> CodeSource:
    """Return the source that an ANWEB text is."""
    form = "CMS HCPCS ANWEB text"
    places = ("1-5", "12-91", "92-119", "269-276", "285-292")
    return replace(
        code_source(content, form, lambda: _joined(content.name, _text_records(content))),
        has_dates=True,
        columns={
            role: f"characters {place} (fixed layout)"
            for role, place in zip(_COLUMNS, places, strict=True)
        },
        # These releases are never UTF-8; nothing about their encoding needs a second look.
        notes=(),
    )


def anweb_header(grid: Grid) -> GridRow | None:
    """Return the header row of an ANWEB workbook, or None if the grid is none."""
    return next((row for row in grid.sample if {*map(compact, row.cells)} >= _HEADER), None)


def anweb_grid_source(content: Content, grid: Grid, header: GridRow) -> CodeSource:
    """Return the source that an ANWEB workbook (or its export as CSV) is."""
    names = [compact(cell) for cell in header.cells]
    at = {
        role: names.index(compact(name))
        for role, name in _COLUMNS.items()
        if compact(name) in names
    }
    at["recid"] = names.index("recid")

    def read() -> Iterator[RawRow | RowIssue]:
        below = (row for row in grid.read() if row.row > header.row and any(row.cells))
        return _joined(content.name, _grid_records(content.name, below, at))

    source = code_source(content, f"CMS HCPCS ANWEB {grid.kind}", read)
    return replace(
        source,
        has_dates="terminated" in at,
        columns={
            role: f"{normalise_text(header.cells[index])} (by its name)"
            for role, index in at.items()
            if role in _COLUMNS
        },
        notes=(*source.notes, *grid.notes),
    )


def _text_records(content: Content) -> Iterator[_Record | RowIssue]:
    trimmed = in_records = False
    for number, line_with_end in enumerate(content.lines(), start=1):
        line = line_with_end.rstrip("\r\n\x1a")
        if _RECORD_START.match(line) is None:
            # Above the first record stand disclaimers; below it such a line is a broken record.
            if in_records and line.strip():
                message = "The line is no whole record: get the file again."
                yield RowIssue(content.name, number, line[:5], "refused", "truncated_row", message)
            continue
        in_records = True
        begins = line[10] in "37"
        # Editors strip trailing blanks: then a short continuation is no sign of damage.
        trimmed = trimmed or (begins and _LAST_COLUMN_OF_FIRST <= len(line) < _WHOLE_RECORD)
        needed = _LAST_COLUMN_OF_FIRST if begins else _LAST_COLUMN_OF_CONTINUATION
        yield _Record(
            row=number,
            code=line[:5].strip(),
            begins=begins,
            long=line[11:91],
            short=line[91:119] if begins else "",
            added=line[268:276] if begins else "",
            terminated=line[284:292] if begins else "",
            cut=len(line) < needed and (begins or not trimmed),
        )


def _grid_records(
    file: str, rows: Iterable[GridRow], at: dict[str, int]
) -> Iterator[_Record | RowIssue]:
    for row in rows:
        cells = {role: row.cells[index] for role, index in at.items() if index < len(row.cells)}
        code = cells.get("code", "").strip()
        if at["code"] in row.numbers:
            message = (
                f"The code is stored as the number {code}, so leading zeros are lost: format the "
                "code column as text and enter the codes again."
            )
            yield RowIssue(file, row.row, code, "refused", "numeric_code_cell", message)
            continue
        yield _Record(
            row=row.row,
            code=code,
            begins=cells.get("recid", "").strip() not in {"4", "8"},
            long=cells.get("long", ""),
            short=cells.get("short", ""),
            added=cells.get("effective", ""),
            terminated=cells.get("terminated", ""),
            cut=len(cells) < len(at),
        )


def _joined(file: str, records: Iterable[_Record | RowIssue]) -> Iterator[RawRow | RowIssue]:
    """Join each code's records; a code with a record cut off is refused as a whole."""
    group: list[_Record] = []
    for record in records:
        if isinstance(record, RowIssue):
            yield record
        elif not record.begins and group and group[0].code == record.code:
            group.append(record)
        else:
            yield from _whole(file, group)
            group = [record]
    yield from _whole(file, group)


def _whole(file: str, group: list[_Record]) -> Iterator[RawRow | RowIssue]:
    if not group:
        return
    first = group[0]
    cut = next((record for record in group if record.cut), None)
    if cut is not None:
        message = f"The record of {quoted(cut.code)} is cut off: get the file again."
        yield RowIssue(file, cut.row, cut.code, "refused", "truncated_row", message)
    elif not first.begins:
        message = (
            f"This continues {quoted(first.code)}, whose first record is missing: get the file "
            "again."
        )
        yield RowIssue(file, first.row, first.code, "refused", "orphan_continuation", message)
    else:
        yield RawRow(
            row=first.row,
            file=file,
            code=first.code,
            short=first.short,
            long=" ".join(record.long.strip() for record in group),
            effective_on=first.added,
            terminated_on=first.terminated,
        )
