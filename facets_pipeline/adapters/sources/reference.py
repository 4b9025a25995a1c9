"""Official CMS tables as reference rows: the fee schedule's indicators and the RBCS taxonomy.

Belongs here: what these tables say of a code, in their own words, one row per code.
Does not belong here: what follows from it for a facet; the fee schedule's layouts (`pprrvu`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from facets_pipeline.adapters.sources.archive import is_workbook, usable_members
from facets_pipeline.adapters.sources.columns import compact
from facets_pipeline.adapters.sources.content import Content, content_of_path
from facets_pipeline.adapters.sources.grid import Grid, GridRow
from facets_pipeline.adapters.sources.opening import open_grid
from facets_pipeline.adapters.sources.pprrvu import FeeFile, fee_file_in_grid, fee_file_in_text
from facets_pipeline.adapters.sources.release import release_in
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RowIssue, parse_date

# The names of CMS first, then those of the table as public repositories publish it.
_RBCS_NAMES: dict[str, tuple[str, ...]] = {
    "code": ("hcpcscd", "hcpcscode"),
    "category": ("rbcscatdesc", "rbcscategory"),
    "subcategory": ("rbcssubcatdesc", "rbcssubcategory"),
    "family": ("rbcsfamilydesc", "rbcsfamily"),
    "major": ("rbcsmajorind", "rbcsprocedure"),
    "starts": ("rbcsassignmenteffdt", "rbcsanalysisstartdt", "rbcsdateeffective"),
    "ends": ("rbcsassignmentenddt", "rbcsanalysisenddt", "rbcsdateended"),
}
_RBCS_REQUIRED = ("code", "category", "subcategory", "family", "major")
_MAJOR = {"major": "M", "other": "O", "nonprocedure": "N"}


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """What a reference table says of one code.

    Attributes:
        code: CPT or HCPCS code.
        values: For `pprrvu` status, global_days, work_rvu and pctc; for `rbcs` category,
            subcategory, family and major (M, O or N). Empty where the table says nothing.
    """

    code: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReferenceSource:
    """An opened reference table.

    Attributes:
        kind: `pprrvu` or `rbcs`.
        file: Name to show.
        digest: SHA-256 (hex) of the file's bytes.
        release: As of `CodeSource`.
        released_on: As of `CodeSource`.
        notes: What a person should know about how the file was read.
        read: Starts reading the rows.
    """

    kind: Literal["pprrvu", "rbcs"]
    file: str
    digest: str
    release: str
    released_on: date | None
    notes: tuple[str, ...]
    read: Callable[[], Iterator[ReferenceRow]]

    def rows(self) -> Iterator[ReferenceRow]:
        """Read the rows from the beginning, one per code.

        Raises:
            SourceError: A row is broken; a reference table is used whole or not at all.
        """
        return self.read()


def open_reference(path: Path, *, on: date | None = None) -> ReferenceSource:
    """Open an official table: a PPRRVU file or RBCS, as text, workbook or in an archive.

    Args:
        path: The file.
        on: The day whose RBCS assignments count; by default each code's newest.

    Raises:
        SourceError: The file is neither, or cannot be read.
    """
    content = content_of_path(path)
    if content.kind != "zip" or is_workbook(content):
        return _reference(content, on)
    found: list[ReferenceSource] = []
    for member in usable_members(content):
        try:
            found.append(_reference(member, on))
        except SourceError:
            # Archives of CMS hold explanations beside the table; what matters is that one is found.
            continue
    if not found or len({PurePosixPath(source.file).stem for source in found}) > 1:
        raise SourceError(
            f"{content.name!r} holds {len(found)} reference tables instead of one: unpack it, and "
            "give the PPRRVU or RBCS file."
        )
    return found[0]


def _reference(content: Content, on: date | None) -> ReferenceSource:
    fees = fee_file_in_text(content) if content.kind == "text" else None
    if fees is not None:
        return _fee_reference(content, fees)
    # Any system will do: these tables hold codes of all, and their columns have fixed names.
    grid = open_grid(content, next(iter(CODE_SYSTEMS.values())))
    if fees := fee_file_in_grid(content, grid):
        return _fee_reference(content, fees)
    header, at = _rbcs_header(grid)
    if header is None:
        raise SourceError(
            f"{content.name!r} is no official table that is known: give a PPRRVU file of the CMS "
            "Physician Fee Schedule, or the CMS RBCS taxonomy."
        )
    release = release_in(content.name)
    return ReferenceSource(
        kind="rbcs",
        file=content.name,
        digest=content.digest,
        release=str(release or PurePosixPath(content.name).stem),
        released_on=release.starts_on if release else None,
        notes=(*content.notes, *grid.notes),
        read=partial(_rbcs_rows, content.name, grid, header, at, on),
    )


def _fee_reference(content: Content, fees: FeeFile) -> ReferenceSource:
    release = release_in(content.name) or fees.release
    return ReferenceSource(
        kind="pprrvu",
        file=content.name,
        digest=content.digest,
        release=str(release or PurePosixPath(content.name).stem),
        released_on=fees.released_on or (release.starts_on if release else None),
        notes=fees.notes,
        read=partial(_fee_rows, fees),
    )


def _fee_rows(fees: FeeFile) -> Iterator[ReferenceRow]:
    seen: set[str] = set()
    for record in fees.read():
        if isinstance(record, RowIssue):
            raise SourceError(str(record))
        if record.code not in seen:
            seen.add(record.code)
            values = {
                "status": record.status,
                "global_days": record.global_days,
                "work_rvu": record.work_rvu,
                "pctc": record.pctc,
            }
            yield ReferenceRow(record.code, values)


def _rbcs_header(grid: Grid) -> tuple[GridRow | None, dict[str, int]]:
    for row in grid.sample:
        places = {compact(cell): index for index, cell in enumerate(row.cells)}
        at = {
            role: places[name]
            for role, names in _RBCS_NAMES.items()
            for name in reversed(names)
            if name in places
        }
        if all(role in at for role in _RBCS_REQUIRED):
            return row, at
    return None, {}


def _rbcs_rows(
    file: str, grid: Grid, header: GridRow, at: Mapping[str, int], on: date | None
) -> Iterator[ReferenceRow]:
    """Yield each code's assignment in force, in the order in which codes first appear."""
    newest: dict[str, tuple[date, ReferenceRow]] = {}
    for row in grid.read():
        if row.row <= header.row or not any(row.cells):
            continue
        if len(row.cells) <= max(at.values()) or at["code"] in row.numbers:
            raise SourceError(
                f"Row {row.row} of {file!r} is cut off, or its code is a number: get the file "
                "again."
            )
        starts, ends = _period(file, row, at)
        if on is not None and not starts <= on <= ends:
            continue
        code = row.cells[at["code"]].strip().upper()
        if code not in newest or starts > newest[code][0]:
            newest[code] = (starts, ReferenceRow(code, _rbcs_values(row.cells, at)))
    yield from (row for _, row in newest.values())


def _period(file: str, row: GridRow, at: Mapping[str, int]) -> tuple[date, date]:
    try:
        starts = parse_date(row.cells[at["starts"]]) if "starts" in at else None
        ends = parse_date(row.cells[at["ends"]]) if "ends" in at else None
    except ValueError as error:
        raise SourceError(
            f"Row {row.row} of {file!r} has an assignment date that cannot be used ({error}): "
            "get the file again."
        ) from error
    return starts or date.min, ends or date.max


def _rbcs_values(cells: Sequence[str], at: Mapping[str, int]) -> dict[str, str]:
    values = {role: cells[at[role]].strip() for role in _RBCS_REQUIRED if role != "code"}
    return {**values, "major": _MAJOR.get(compact(values["major"]), values["major"])}
