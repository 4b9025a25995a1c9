"""CMS Physician Fee Schedule relative value files (PPRRVU), as CSV, workbook and fixed-width text.

Belongs here: the records of these files, and the file as a list of codes.
Does not belong here: the same records as a second opinion (`reference`), payment amounts.

The rows of a code differ by modifier; the row without one describes the code itself. Descriptions
may be blanked by licence: such a file is still a list of codes.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from facets_pipeline.adapters.sources.columns import compact
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid, GridRow
from facets_pipeline.adapters.sources.release import Release, release_in
from facets_pipeline.adapters.sources.source import CodeSource, code_source
from facets_pipeline.domain.intake import RawRow, RowIssue, parse_date

GLOBAL_DAYS = frozenset({"000", "010", "090", "XXX", "YYY", "ZZZ", "MMM"})
"""All values of the global surgery field, by the CMS record layout."""

_HEADER = ["hcpcs", "mod", "description"]
_WIDTH = 15
_LONGEST_RECORD = 500
_RECORD = re.compile(r"[A-Z0-9]{5}[A-Z0-9 ]{2}.{50}[A-Z] ")
_RELEASED = re.compile(r"RELEASED\s+(\d{1,2}/\d{1,2}/\d{4})")
_TITLE = "National Physician Fee Schedule Relative Value File"
_NUMBER = re.compile(r"\d*\.\d+")


@dataclass(frozen=True, slots=True)
class FeeRecord:
    """What the fee schedule says of a code without a modifier, as it is written there.

    Attributes:
        row: Line or row of the file.
        code: CPT or HCPCS code.
        description: Short text; may be empty.
        status: Status code, a letter.
        work_rvu: Work relative value, a decimal number.
        pctc: Professional and technical component indicator; empty in fixed-width text.
        global_days: One of `GLOBAL_DAYS`.
    """

    row: int
    code: str
    description: str
    status: str
    work_rvu: str
    pctc: str
    global_days: str


@dataclass(frozen=True, slots=True)
class FeeFile:
    """A relative value file: what it is, its release by its own words, and its records.

    Attributes:
        form: What it was recognised as, in words.
        title: The prose above the records, one line.
        read: Reads the records; broken rows come as issues.
        notes: What a person should know about how it was read.
    """

    form: str
    title: str
    read: Callable[[], Iterator[FeeRecord | RowIssue]]
    notes: tuple[str, ...] = ()

    @property
    def released_on(self) -> date | None:
        """The day of release that the file states; None if it states none, or no such day."""
        match = _RELEASED.search(self.title)
        try:
            return parse_date(match[1]) if match else None
        except ValueError:
            return None

    @property
    def release(self) -> Release | None:
        """The release that the file's title states."""
        lines = self.title.split(" / ")
        title = next((line for line in lines if _TITLE in line), None)
        return None if title is None else release_in(title)


def fee_file_in_grid(content: Content, grid: Grid) -> FeeFile | None:
    """Return the relative value file that a grid is, or None if it is something else."""
    header = next((row for row in grid.sample if _is_header(row)), None)
    if header is None:
        return None
    form = f"CMS PPRRVU {grid.kind}"
    notes = (*content.notes, *grid.notes) if grid.kind.endswith("workbook") else ()
    return FeeFile(
        form, _title_above(content, grid, header), lambda: _grid(content, grid, header), notes
    )


def fee_file_in_text(content: Content) -> FeeFile | None:
    """Return the relative value file that a fixed-width text is, or None if it is none."""
    lines = [line.rstrip("\r\n") for line in islice(content.lines(), SAMPLE_ROWS)]
    title = [line[3:].strip() for line in lines if line.startswith("HDR")]
    records = [line for line in lines if _RECORD.match(line)]
    if not title or len(records) * 2 <= len(lines) - len(title):
        return None
    at = _global_days_at(records)
    note = (
        "Global days were found by their values."
        if at
        else "Global days were not found in this layout and stay empty."
    )
    return FeeFile("CMS PPRRVU text", " / ".join(title), lambda: _text(content, at), (note,))


def fee_code_source(content: Content, fees: FeeFile) -> CodeSource:
    """Return the source of codes that a relative value file is; descriptors may be missing."""

    def read() -> Iterator[RawRow | RowIssue]:
        for record in fees.read():
            if isinstance(record, RowIssue):
                yield record
            else:
                yield RawRow(record.row, content.name, record.code, short=record.description)

    source = code_source(content, f"{fees.form} (code list)", read)
    release = release_in(content.name) or fees.release
    return replace(
        source,
        release=str(release or source.release),
        released_on=fees.released_on or (release.starts_on if release else None),
        columns={"code": "HCPCS (fixed layout)", "short": "DESCRIPTION (fixed layout)"},
        notes=fees.notes,
        allow_empty=True,
    )


def _is_header(row: GridRow) -> bool:
    return len(row.cells) >= _WIDTH and [compact(cell) for cell in row.cells[:3]] == _HEADER


def _title_above(content: Content, grid: Grid, header: GridRow) -> str:
    if grid.ragged:
        # The sample of a text begins with its header; what stands above it is in the lines.
        above: Iterable[Sequence[str]] = (
            line.split(",") for line in islice(content.lines(), header.row)
        )
    else:
        above = (row.cells for row in grid.sample if row.row < header.row)
    return " / ".join(" ".join(filter(None, map(str.strip, cells))) for cells in above)


def _grid(content: Content, grid: Grid, header: GridRow) -> Iterator[FeeRecord | RowIssue]:
    for row in grid.read():
        cells = [cell.strip() for cell in row.cells]
        if row.row <= header.row or not any(cells):
            continue
        if 0 in row.numbers:
            message = f"The code is stored as the number {cells[0]}: format the column as text."
            yield RowIssue(content.name, row.row, cells[0], "refused", "numeric_code_cell", message)
        elif len(cells) < _WIDTH or (grid.ragged and len(cells) < len(header.cells)):
            message = (
                f"The row has {len(cells)} cells instead of {len(header.cells)}: it was cut off."
            )
            yield RowIssue(content.name, row.row, cells[0], "refused", "truncated_row", message)
        elif not cells[1]:
            # The header's names repeat, so that fields are taken by their places.
            yield FeeRecord(row.row, cells[0], cells[2], cells[3], cells[5], cells[13], cells[14])


def _text(content: Content, global_days_at: int | None) -> Iterator[FeeRecord | RowIssue]:
    for number, line_with_end in enumerate(content.lines(), start=1):
        line = line_with_end.rstrip("\r\n\x1a")
        if line.startswith(("HDR", "TRL")) or not line.strip():
            continue
        if _RECORD.match(line) is None:
            message = "The line is no whole record: get the file again."
            yield RowIssue(content.name, number, line[:5], "refused", "truncated_row", message)
        elif not line[5:7].strip():
            work = line[59:65].strip()
            days = line[global_days_at : global_days_at + 3] if global_days_at else ""
            yield FeeRecord(
                row=number,
                code=line[:5],
                description=line[7:57].strip(),
                status=line[57],
                work_rvu=work if _NUMBER.fullmatch(work) else "",
                pctc="",
                global_days=days if days in GLOBAL_DAYS else "",
            )


def _global_days_at(records: Sequence[str]) -> int | None:
    """Find where the global days stand: their values are like no other field's.

    The place moves from year to year with the widths of the amounts before it.
    """
    found: Counter[int] = Counter()
    records = [record[:_LONGEST_RECORD] for record in records]
    for line in records:
        found.update(
            place for place in range(65, len(line) - 2) if line[place : place + 3] in GLOBAL_DAYS
        )
    letters = {
        place
        for line in records
        for place in range(65, len(line) - 2)
        if line[place : place + 3] in {"XXX", "YYY", "ZZZ", "MMM"}
    }
    places = [place for place in letters if found[place] == len(records)]
    return min(places, default=None)
