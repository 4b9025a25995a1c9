"""Formats that only foreign code reads, workbooks and Parquet: in a process apart, within limits.

Belongs here: starting that process, its rows, and a sentence for every way in which it can end.
Does not belong here: the reading itself (`foreign_rows`), guards that need no reading (`archive`).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import facets_pipeline
from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.foreign_limits import MEMORY_WORDS, PROCESSOR_SECONDS
from facets_pipeline.adapters.sources.grid import GridRow
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.quoting import reason

_READER = "facets_pipeline.adapters.sources.foreign_rows"
_ROOT = Path(facets_pipeline.__file__).parents[1]
_IN_WORDS = {
    "parquet": "is a damaged Parquet file ({}): get the file again.",
    "zip": "cannot be opened as a workbook ({}): open it in a spreadsheet program, remove any "
    "password, and save it again as .xlsx or .csv.",
}


@dataclass(frozen=True, slots=True)
class ForeignSheet:
    """One sheet: its place in the file from 0, its name, and its first rows."""

    place: int
    name: str
    sample: list[GridRow]


def foreign_sheets(content: Content, rows: int) -> list[ForeignSheet]:
    """Return every sheet of a workbook, or the one table of a Parquet file, with its first rows.

    Raises:
        SourceError: The file is damaged, or takes more memory or time than any code file.
    """
    found: list[ForeignSheet] = []
    with closing(_lines(content, "", str(rows))) as lines:
        for line in lines:
            if isinstance(line, str):
                found.append(ForeignSheet(len(found), line, []))
            else:
                found[-1].sample.append(line)
    return found


def foreign_rows(content: Content, place: int) -> Iterator[GridRow]:
    """Read the rows of the sheet at `place`, lazily.

    Raises:
        SourceError: As for `foreign_sheets`.
    """
    with closing(_lines(content, str(place), "")) as lines:
        yield from (line for line in lines if isinstance(line, GridRow))


def _lines(content: Content, sheet: str, rows: str) -> Generator[str | GridRow]:
    """Yield a name where a sheet begins, and the rows of it."""
    with _started(content, sheet, rows) as process:
        for line in cast("IO[bytes]", process.stdout):
            if not line.endswith(b"\n"):
                # The process ended in the middle of a row; how it ended tells why.
                break
            said: object = json.loads(line)
            if isinstance(said, list):
                row, cells, numbers = cast("list[Any]", said)
                yield GridRow(row, cells, frozenset(numbers))
                continue
            told = cast("dict[str, str]", said)
            if "error" in told:
                raise _damaged(content, reason(told["error"]))
            if "sheet" not in told:
                return
            yield told["sheet"]
        raise _damaged(content, _death(process.wait()))


@contextmanager
def _started(content: Content, sheet: str, rows: str) -> Generator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as spooled:
        with content.open() as stream:
            shutil.copyfileobj(stream, spooled)
        spooled.seek(0)
        # Not from the working folder, but from where this package is, installed or not.
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        with subprocess.Popen(  # noqa: S603 - this Python, a module of this package
            [sys.executable, "-P", "-m", _READER, sheet, rows],
            stdin=spooled,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            # Ctrl-C is for the process that asked, which may go on with what it has begun.
            process_group=0,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def _death(code: int) -> str:
    """Return why a reader ended that could not say so itself."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it takes more than {PROCESSOR_SECONDS} s to read"
    return f"its reader broke down, or it takes more than {MEMORY_WORDS}"


def _damaged(content: Content, why: str) -> SourceError:
    words = _IN_WORDS["parquet" if content.kind == "parquet" else "zip"]
    return SourceError(f"{content.name!r} {words.format(why)}")
