"""The bytes of a code file: their digest, what kind of file they are, and how to decode them.

Belongs here: everything that is decided before any layout is looked for.
Does not belong here: archives (`archive`), tables and records (their own modules).
"""

import codecs
import hashlib
import io
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.quoting import quoted, reason

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens the bytes from their beginning; may be called any number of times."""

_BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
"""Bytes of a line of text, about; the longest real one has some 10,000."""

_DOS_END_MARK = "\x1a"
_BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"PAR1", "parquet"),
)
_NOT_CODES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_REMEDY = "give a CMS or AMA code file, or a CSV, TSV, XLSX, XLS, Parquet or ZIP file"


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one file or archive member.

    Attributes:
        name: Name to show and to find the release in.
        open: Opens the bytes.
        digest: SHA-256 (hex) of the bytes.
        kind: `text`, `zip`, `xls` or `parquet`.
        encoding: Codec of a text; empty otherwise.
        notes: What a person should know about the decoding.
    """

    name: str
    open: Opener
    digest: str
    kind: str
    encoding: str = ""
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Read a text line by line, line ends kept.

        Raises:
            SourceError: The text cannot be decoded, or holds a NUL character.
        """
        with self.open() as stream:
            text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
            try:
                for number, line in enumerate(text, start=1):
                    if "\0" in line:
                        raise SourceError(_nul(self.name, number))
                    if line.rstrip("\r\n") != _DOS_END_MARK:
                        yield line
            except UnicodeError as error:
                raise SourceError(
                    f"{self.name!r} is not whole {self.encoding.upper()} text ({reason(error)}): "
                    "get the file again, or save it as UTF-8."
                ) from error


def content_of_path(path: Path) -> Content:
    """Look at the bytes of the file at `path`.

    Raises:
        SourceError: It is missing, a folder, unreadable, empty or nothing that could hold codes.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        # A name may be too long, or hold what no name can: such a file is not there either.
        raise SourceError(f"There is no file {quoted(str(path), 300)}: check the path.") from error
    if stat.S_ISDIR(mode):
        raise SourceError(f"{str(path)!r} is a folder: name one file of it.")
    if not stat.S_ISREG(mode):
        raise SourceError(f"{str(path)!r} is no file but a device or pipe: copy it to a file.")
    try:
        str(path.absolute()).encode("utf-8")
    except UnicodeError as error:
        raise SourceError(
            f"The path {str(path)!r} is not UTF-8 and cannot be recorded: rename the file."
        ) from error
    return content_of(path.name, partial(_open_path, path))


@contextmanager
def _open_path(path: Path) -> Generator[IO[bytes]]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise SourceError(
            f"{str(path)!r} cannot be read ({error.strerror}): check the file and its permissions."
        ) from error


def content_of(name: str, opener: Opener) -> Content:
    """Look at the bytes that `opener` opens: one pass, whatever their size.

    Raises:
        SourceError: They are empty or nothing that could hold codes.
    """
    survey = _Survey()
    with opener() as stream:
        while block := stream.read(_BLOCK):
            survey.look_at(block)
    kind = _kind(name, survey.head)
    if kind != "text":
        return Content(name, opener, survey.digest(), kind)
    encoding, notes = survey.encoding(name)
    return Content(name, opener, survey.digest(), kind, encoding, notes)


class _Survey:
    """What one pass over the bytes finds out: digest, NUL bytes and the codecs that would fail."""

    def __init__(self) -> None:
        self.head = b""
        self._hash = hashlib.sha256()
        self._utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._nul = False
        self._ascii = True
        self._cp1252 = True
        self._line = 0
        self._longest = 0

    def look_at(self, block: bytes) -> None:
        """Take the next block of bytes into account."""
        self.head = self.head or block[:4096]
        self._hash.update(block)
        self._nul = self._nul or b"\0" in block
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        # Only what is longer than a block counts: no need to look at every line of it.
        self._line = self._line + len(block) if end < 0 else len(block) - end
        self._longest = max(self._longest, self._line)
        if block.isascii():
            # Plain ASCII can only break a UTF-8 character that the last block left open.
            self._decode(block[:4])
            return
        self._ascii = False
        self._decode(block)
        self._cp1252 = self._cp1252 and not any(byte in block for byte in b"\x81\x8d\x8f\x90\x9d")

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        try:
            if self._utf8 is not None:
                self._utf8.decode(block, final)
        except UnicodeDecodeError:
            self._utf8 = None

    def digest(self) -> str:
        """SHA-256 (hex) of all blocks."""
        return self._hash.hexdigest()

    def encoding(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Return the codec to read the text with, and what to say about it.

        Raises:
            SourceError: The bytes are no text, or have no lines.
        """
        if self._longest > LONGEST_LINE:
            raise SourceError(
                f"{name!r} has a line of more than {LONGEST_LINE:,} bytes, so it is no code file: "
                "get the file again, or save it as CSV."
            )
        for mark, codec in _BYTE_ORDER_MARKS:
            if self.head.startswith(mark):
                return codec, (f"The file is {codec.upper()} text, by its byte order mark.",)
        if self._nul:
            raise SourceError(_nul(name))
        self._decode(b"", final=True)
        if self._utf8 is not None:
            return "utf-8-sig", ()
        codec = "cp1252" if self._cp1252 else "latin-1"
        note = f"The file is not UTF-8: it was read as {codec}; check letters with accents."
        return codec, (note,)


def _kind(name: str, head: bytes) -> str:
    if not head:
        raise SourceError(f"{name!r} is empty: {_REMEDY}.")
    for signature, words in _NOT_CODES:
        if head.startswith(signature):
            raise SourceError(f"{name!r} is {words}, whatever its name says: {_REMEDY}.")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:512].lower()
    if b"<html" in start or start.startswith(b"<!doctype html"):
        raise SourceError(
            f"{name!r} is a web page, probably an error page saved in place of the file: "
            "download the file again."
        )
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), "text")


def _nul(name: str, line: int | None = None) -> str:
    where = f" in line {line}" if line else ""
    return (
        f"{name!r} holds NUL bytes{where}, so it is binary or damaged, not text: get the file "
        "again, or save it as UTF-8."
    )
