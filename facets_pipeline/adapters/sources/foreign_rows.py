"""The process that reads one workbook or Parquet file: `python -m ...foreign_rows SHEET ROWS`.

Belongs here: opening the file that stands on standard input, and writing its rows as lines of JSON.
Does not belong here: who starts it and what its failure means (`foreign`). It holds itself to
limits, because the libraries that read these formats end the whole process, or fill its memory,
over some damaged files; nothing that fails here reaches the process that asked.
"""

import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import IO, Protocol, cast

from facets_pipeline.adapters.sources.foreign_limits import (
    LONGEST_CELL,
    MEMORY_BYTES,
    MEMORY_WORDS,
    MOST_CELLS,
    PROCESSOR_SECONDS,
)
from facets_pipeline.adapters.sources.grid import GridRow, grid_row

_BATCH_ROWS = 1_000
_PREFIX_OF_PARQUET = b"PAR1"

Sheets = Iterator[tuple[str, Iterator[GridRow]]]
"""Name and rows of each sheet; a Parquet file is one sheet without a name."""


class _Column(Protocol):
    def to_pylist(self) -> list[object]: ...


class _Batch(Protocol):
    @property
    def columns(self) -> Sequence[_Column]: ...


class _Metadata(Protocol):
    @property
    def num_rows(self) -> int: ...


class _Schema(Protocol):
    @property
    def names(self) -> list[str]: ...


class _Parquet(Protocol):
    @property
    def metadata(self) -> _Metadata: ...
    @property
    def schema_arrow(self) -> _Schema: ...
    def iter_batches(self, batch_size: int, *, use_threads: bool) -> Iterable[_Batch]: ...


def main(sheet: str, rows: str) -> None:
    """Write the rows of one sheet by its place, or of all if it is empty; at most `rows` of each.

    A line is `{"sheet": name}`, where a sheet begins, or `[row, cells, places of numbers]`; the
    last line is `{"end": true}`. Where reading fails the last line is `{"error": reason}`.
    """
    most = int(rows) if rows else None
    for place, (name, found) in enumerate(_sheets(sys.stdin.buffer)):
        if sheet and place != int(sheet):
            continue
        _say({"sheet": name})
        for row in islice(found, most):
            longest = max(map(len, row.cells), default=0)
            if longest > LONGEST_CELL:
                raise ValueError(f"row {row.row} has a cell of {longest:,} characters")
            _say([row.row, row.cells, sorted(row.numbers)])
    _say({"end": True})


def limit_this_process() -> None:
    """Take memory and processor time beyond the limits away from this process."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Some systems do not let a process limit its memory; the other limits hold there.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (allowed, allowed))


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def _sheets(stream: IO[bytes]) -> Sheets:
    start = stream.read(len(_PREFIX_OF_PARQUET))
    stream.seek(0)
    if start == _PREFIX_OF_PARQUET:
        yield "", _parquet_rows(stream)
    else:
        yield from _workbook_sheets(stream)


def _workbook_sheets(stream: IO[bytes]) -> Sheets:
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - only one of the two is needed

    with CalamineWorkbook.from_filelike(stream) as workbook:
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            # The iterator starts at row 1 of the sheet, also where the first rows are empty.
            filled = () if sheet.start is None else sheet.iter_rows()
            yield name, (grid_row(number, cells) for number, cells in enumerate(filled, start=1))


def _parquet_rows(stream: IO[bytes]) -> Iterator[GridRow]:
    # Its own allocator would claim far more address space than it uses.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    from pyarrow import parquet  # noqa: PLC0415 - only one of the two is needed

    table = cast("_Parquet", parquet.ParquetFile(stream))
    names = table.schema_arrow.names
    cells = table.metadata.num_rows * len(names)
    if cells > MOST_CELLS:
        raise ValueError(f"it states {cells:,} cells, more than the {MOST_CELLS:,} that are read")
    yield GridRow(0, names)
    number = 0
    for batch in table.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            number += 1
            yield grid_row(number, values)


def _tell(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    # Whatever it is: this process exists to turn the failures of foreign code into a line.
    if issubclass(kind, MemoryError):
        why = f"it takes more than {MEMORY_WORDS}"
    else:
        # What is no Exception is a panic of Rust code, whose words are for its authors.
        why = str(error) if issubclass(kind, Exception) else "its reader broke down"
    _say({"error": why or kind.__name__})
    sys.stdout.flush()


if __name__ == "__main__":
    sys.excepthook = _tell
    limit_this_process()
    main(*sys.argv[1:])
