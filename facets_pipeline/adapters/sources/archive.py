"""ZIP archives, which XLSX workbooks are too: opened in memory, never unpacked to disk.

Belongs here: the guards against archives that would fill memory, and reading members.
Does not belong here: choosing among members (`opening`) and reading what they hold.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import IO

from facets_pipeline.adapters.sources.content import Content, Opener, content_of
from facets_pipeline.adapters.sources.release import READABLE_SUFFIXES
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.quoting import quoted, reason

MAX_TOTAL_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_MEMBERS = 1_000
"""Each member is opened by way of the whole list, so that time grows with the square of it."""

MAX_NAME = 255
"""Characters of a member's name that may hold codes, as of a file's on disk."""

MAX_SHEET_CELLS = 20_000_000
"""A sheet is held as a full rectangle of about 32 bytes a cell, however few of them are filled."""

# Below this size no compression ratio is dangerous, and short repetitive files do reach high ones.
_HARMLESS_BYTES = 1024 * 1024
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BLOCK = 1 << 20
_CELL_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,9})["']""")
_LONGEST_REFERENCE = 32


def is_workbook(content: Content) -> bool:
    """Tell whether a ZIP file is an XLSX workbook.

    Raises:
        SourceError: The archive is damaged, or another office document.
    """
    names = {info.filename for info in _members(content)}
    if "mimetype" in names or "xl/workbook.bin" in names:
        raise SourceError(
            f"{content.name!r} is an office document of another kind: save it as .xlsx or .csv."
        )
    return "[Content_Types].xml" in names


def guard(content: Content) -> None:
    """Refuse an archive that would unpack to too much, before anything of it is unpacked.

    Raises:
        SourceError: Too large, too strongly compressed, encrypted or damaged.
    """
    members = _members(content)
    if len(members) > MAX_MEMBERS:
        raise SourceError(
            f"{content.name!r} holds {len(members):,} files, more than the {MAX_MEMBERS:,} that "
            "are looked through: give the code file alone, as CSV."
        )
    total = sum(info.file_size for info in members)
    if total > MAX_TOTAL_BYTES:
        raise SourceError(
            f"{content.name!r} would unpack to {total:,} bytes, more than the "
            f"{MAX_TOTAL_BYTES:,} that are read: give the code file alone, as CSV."
        )
    for info in members:
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > _HARMLESS_BYTES and ratio > MAX_RATIO:
            raise SourceError(
                f"{content.name!r} holds {quoted(info.filename)}, compressed {ratio:.0f} to 1, "
                f"more than the {MAX_RATIO} to 1 of any code file: give the code file alone."
            )
        if info.compress_type not in _METHODS:
            raise SourceError(
                f"{content.name!r} holds {quoted(info.filename)}, compressed in a way that is not "
                "read: pack it again as a usual ZIP file, or give the code file alone."
            )
        if info.flag_bits & 0x1:
            raise SourceError(
                f"{content.name!r} is protected by a password: unpack it, and give the code file."
            )


def guard_workbook(content: Content) -> None:
    """Refuse a workbook that lies about its sizes, or whose filled cells lie too far apart.

    Raises:
        SourceError: As for `guard`; or the sheet's rectangle is too large; or a part is damaged.
    """
    guard(content)
    for info in _members(content):
        rows = columns = 0
        # Reading to the end also checks the sizes and checksums that the archive declares.
        for block in _blocks(content, info.filename):
            for letters, digits in _CELL_REFERENCE.findall(block):
                rows = max(rows, int(digits))
                columns = max(columns, _column_number(letters))
        # In whatever part: a workbook may keep its sheets in any folder.
        if rows * columns > MAX_SHEET_CELLS:
            raise SourceError(
                f"{content.name!r} has cells as far out as row {rows:,} and column {columns:,}: "
                "delete the empty rows and columns around the table, or save it as CSV."
            )


def usable_members(content: Content) -> list[Content]:
    """Return the members that may hold codes by their names, guarded and opened in memory.

    Raises:
        SourceError: The archive is dangerous, damaged, or has no such member.
    """
    guard(content)
    names = [info.filename for info in _members(content) if not info.is_dir()]
    usable = [name for name in names if _may_hold_codes(PurePosixPath(name))]
    if not usable:
        raise SourceError(
            f"{content.name!r} holds no code file, only {listed(names)}: give an archive with one "
            "CSV, TSV, TXT, XLSX, XLS or Parquet file."
        )
    return [
        content_of(
            f"{content.name}!{name}", partial(_open_member, content.name, content.open, name)
        )
        for name in usable
    ]


def _may_hold_codes(path: PurePosixPath) -> bool:
    hidden = path.name.startswith((".", "~")) or "__MACOSX" in path.parts
    return not hidden and len(str(path)) <= MAX_NAME and path.suffix.casefold() in READABLE_SUFFIXES


def listed(names: Sequence[str]) -> str:
    """Return the names of files for a sentence, a few of them."""
    shown = ", ".join(quoted(name) for name in names[:10]) or "nothing at all"
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"


def _members(content: Content) -> list[zipfile.ZipInfo]:
    with _damage_named(content.name), content.open() as stream, zipfile.ZipFile(stream) as archive:
        return archive.infolist()


def _blocks(content: Content, member: str) -> Iterator[bytes]:
    """Yield a member's bytes in blocks that overlap by the length of a cell reference."""
    tail = b""
    with _open_member(content.name, content.open, member) as stream:
        while block := stream.read(_BLOCK):
            yield tail + block
            tail = block[-_LONGEST_REFERENCE:]


@contextmanager
def _open_member(archive_name: str, opener: Opener, member: str) -> Generator[IO[bytes]]:
    with (
        _damage_named(archive_name),
        opener() as stream,
        zipfile.ZipFile(stream) as archive,
        archive.open(member) as opened,
    ):
        yield opened


_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError)
"""What the library raises over archives that are none: wrong places, sizes and names as well."""


@contextmanager
def _damage_named(name: str) -> Generator[None]:
    try:
        yield
    except (*_DAMAGE, NotImplementedError) as error:
        raise SourceError(
            f"{name!r} is a damaged archive ({reason(error)}): get the file again, or give the "
            "code file alone, as CSV."
        ) from error


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return max(number, 1)
