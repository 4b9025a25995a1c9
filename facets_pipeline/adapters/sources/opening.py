"""The one door to code files: what a file is, by its content, and the source it makes.

Belongs here: the order in which layouts are tried, and choosing among an archive's members.
Does not belong here: any layout itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath

from facets_pipeline.adapters.sources.ama import ama_text_source
from facets_pipeline.adapters.sources.anweb import (
    anweb_grid_source,
    anweb_header,
    anweb_text_source,
    is_anweb_text,
)
from facets_pipeline.adapters.sources.archive import is_workbook, listed, usable_members
from facets_pipeline.adapters.sources.content import Content, content_of_path
from facets_pipeline.adapters.sources.delimited import delimited_grid
from facets_pipeline.adapters.sources.grid import Grid
from facets_pipeline.adapters.sources.parquet import parquet_grid
from facets_pipeline.adapters.sources.pprrvu import (
    fee_code_source,
    fee_file_in_grid,
    fee_file_in_text,
)
from facets_pipeline.adapters.sources.release import READABLE_SUFFIXES, release_in
from facets_pipeline.adapters.sources.source import CodeSource
from facets_pipeline.adapters.sources.table import table_source
from facets_pipeline.adapters.sources.workbook import workbook_grid
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RawRow

_PROBED_ROWS = 2_000


def open_source(path: Path, *, system: CodeSystem) -> CodeSource:
    """Open a code file of any layout; what it is is decided by its content, not by its ending.

    Args:
        path: The file.
        system: The code system that is wanted from it.

    Raises:
        SourceError: It cannot be read as a code file; the message says what it is and the remedy.
    """
    content = content_of_path(path)
    if content.kind == "zip" and not is_workbook(content):
        return _member_source(content, system)
    return _content_source(content, system)


def open_grid(content: Content, system: CodeSystem) -> Grid:
    """Return any file but an archive as a grid.

    Raises:
        SourceError: The file is damaged.
    """
    if content.kind in {"zip", "xls"}:
        return workbook_grid(content, system)
    if content.kind == "parquet":
        return parquet_grid(content)
    return delimited_grid(content, system)


def _content_source(content: Content, system: CodeSystem) -> CodeSource:
    if content.kind == "text":
        if is_anweb_text(content):
            return anweb_text_source(content)
        if fees := fee_file_in_text(content):
            return fee_code_source(content, fees)
        if lines := ama_text_source(content):
            return lines
    grid = open_grid(content, system)
    if fees := fee_file_in_grid(content, grid):
        return fee_code_source(content, fees)
    if header := anweb_header(grid):
        return anweb_grid_source(content, grid, header)
    return table_source(content, grid, system)


def _member_source(archive: Content, system: CodeSystem) -> CodeSource:
    """Open the one member of an archive that holds codes of the system."""
    members = usable_members(archive)
    found: list[CodeSource] = []
    problems: list[SourceError] = []
    for member in members:
        try:
            source = _content_source(member, system)
            if len(members) == 1 or _holds_codes(source, system):
                found.append(source)
        except SourceError as error:
            problems.append(error)
    if len(members) == 1 and problems:
        raise problems[0]
    chosen = _chosen(archive.name, [member.name for member in members], found)
    release = release_in(chosen.file.rpartition("!")[2]) or release_in(archive.name)
    notes = chosen.notes
    if len(members) > 1:
        notes = (*notes, f"Of {len(members)} files in the archive this one was read.")
    return replace(
        chosen,
        digest=archive.digest,
        release=str(release or chosen.release),
        released_on=chosen.released_on or (release.starts_on if release else None),
        notes=notes,
    )


def _holds_codes(source: CodeSource, system: CodeSystem) -> bool:
    rows = islice(source.rows(), _PROBED_ROWS)
    return any(isinstance(row, RawRow) and system.is_code(row.code.strip()) for row in rows)


def _chosen(archive: str, names: Sequence[str], found: Sequence[CodeSource]) -> CodeSource:
    """Choose the official release among an archive's sources; its text before its workbook twin."""
    candidates = [source for source in found if source.format.startswith("CMS ")] or list(found)
    stems = {PurePosixPath(source.file).stem for source in candidates}
    if len(stems) == 1:
        return min(candidates, key=lambda source: _plainness(source.file))
    shown = listed([name.rpartition("!")[2] for name in names])
    if not candidates:
        raise SourceError(
            f"{archive!r} holds no file with usable codes, only {shown}: give another."
        )
    raise SourceError(
        f"{archive!r} holds more than one code file among {shown}: unpack it, and give the one."
    )


def _plainness(name: str) -> int:
    return READABLE_SUFFIXES.index(PurePosixPath(name).suffix.casefold())
