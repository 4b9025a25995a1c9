"""Gold files: labels of facets in any table, one row per cell or one column per facet.

Belongs here: finding the columns and cutting rows into statements. What a statement means, and
what becomes of those that mean nothing, is in the domain (`gold_rows`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facets_pipeline.adapters.sources.archive import is_workbook
from facets_pipeline.adapters.sources.columns import compact, named_roles
from facets_pipeline.adapters.sources.content import Content, content_of_path
from facets_pipeline.adapters.sources.grid import Grid, GridRow
from facets_pipeline.adapters.sources.opening import open_grid
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.gold import GoldFile, GoldIssue, GoldRow
from facets_pipeline.domain.gold_rows import GoldReader

_NAMES = {
    "facet": ("facet", "facetname", "facetkey", "attribute", "dimension", "field", "property"),
    "value": ("value", "facetvalue", "label", "gold", "goldvalue", "goldlabel", "expected"),
    "note": ("basis", "note", "notes", "comment", "reason", "source", "rationale"),
}
"""What the columns of a gold file are called, letters and digits only."""

_CODE_LENGTH = 5
"""Characters of every code: a number with fewer has lost zeros that stood before it."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns are: role to index, or facet to index where each has its own column."""

    header_row: int
    width: int
    roles: dict[str, int]
    facets: dict[str, int]

    @property
    def kind(self) -> str:
        if self.facets:
            return f"a column for each of {len(self.facets)} facets; empty cells mean no value"
        return "a row per cell" if "value" in self.roles else "a list of cells that must be empty"


def read_gold(paths: Sequence[Path], codebook: Codebook = CODEBOOK) -> GoldFile:
    """Read gold files as one set of labels.

    A file has the columns code_system, code, facet and value, in any order and spelling; without
    values it lists cells that must be empty. A column per facet is understood as well. The code
    system may be left out where a code's form tells it.

    Raises:
        SourceError: A file cannot be read, or not one row of all is usable.
    """
    reader = GoldReader(codebook)
    digest = hashlib.sha256()
    layouts: list[str] = []
    for path in paths:
        content = content_of_path(path)
        layouts.append(f"{content.name}: {_read(content, codebook, reader)}")
        digest.update(content.digest.encode("ascii"))
    labels = reader.labels()
    if not labels.values and not labels.not_applicable:
        first = f": {labels.issues[0].message}" if labels.issues else ""
        raise SourceError(
            f"Not one of {labels.rows} rows of {', '.join(map(repr, labels.files))} is a usable "
            f"label{first}; a row needs code_system, code, facet and value."
        )
    return GoldFile(labels, digest.hexdigest(), tuple(layouts))


def _read(content: Content, codebook: Codebook, reader: GoldReader) -> str:
    """Pass every row of a file to `reader`; return how it was read, in words."""
    if content.kind == "zip" and not is_workbook(content):
        raise SourceError(f"{content.name!r} is an archive: unpack it, and give the gold file.")
    # Any system will do: the grid is the same, and gold may hold codes of all.
    grid = open_grid(content, next(iter(CODE_SYSTEMS.values())))
    layout = _layout(content.name, grid, codebook)
    for row in grid.read():
        if row.row <= layout.header_row or not any(map(str.strip, row.cells)):
            continue
        problem = _problem(content.name, grid, layout, row)
        if problem is not None:
            reader.refuse(problem)
            continue
        for statement in _statements(content.name, layout, row):
            reader.take(statement)
    return f"{grid.kind}, {layout.kind}"


def _layout(file: str, grid: Grid, codebook: Codebook) -> _Layout:
    facets = {compact(facet.name): facet.name for facet in codebook.facets}
    for row in grid.sample:
        places = {compact(name): index for index, name in reversed(list(enumerate(row.cells)))}
        roles = {
            role: places[name]
            for role, names in _NAMES.items()
            for name in reversed(names)
            if name in places
        }
        own = {name: places[key] for key, name in facets.items() if key in places}
        for system in CODE_SYSTEMS.values():
            named = named_roles(row.cells, system)
            roles |= {role: named[role].index for role in ("code", "code_system") if role in named}
        if "code" in roles and ("facet" in roles or own):
            return _Layout(row.row, len(row.cells), roles, {} if "facet" in roles else own)
    raise SourceError(
        f"{file!r} was read as {grid.kind}, and no row of it names the columns of a gold file: "
        "give a header code_system, code, facet, value."
    )


def _problem(file: str, grid: Grid, layout: _Layout, row: GridRow) -> GoldIssue | None:
    if grid.ragged and len(row.cells) != layout.width:
        message = f"the row has {len(row.cells)} cells instead of {layout.width}"
        return GoldIssue(file, row.row, "other_width", message)
    code_at = layout.roles["code"]
    if code_at in row.numbers and len(row.cells[code_at]) != _CODE_LENGTH:
        message = f"the code is stored as the number {row.cells[code_at]}: format it as text"
        return GoldIssue(file, row.row, "numeric_code_cell", message)
    return None


def _statements(file: str, layout: _Layout, row: GridRow) -> Iterator[GoldRow]:
    def cell(index: int | None) -> str:
        return row.cells[index] if index is not None and index < len(row.cells) else ""

    at = layout.roles
    system, code, note = cell(at.get("code_system")), cell(at["code"]), cell(at.get("note"))
    if layout.facets:
        for facet, index in layout.facets.items():
            yield GoldRow(file, row.row, system, code, facet, cell(index), note)
        return
    value = cell(at["value"]) if "value" in at else None
    yield GoldRow(file, row.row, system, code, cell(at["facet"]), value, note)
