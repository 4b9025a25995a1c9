"""Grids: what delimited text, workbooks and Parquet files have in common, rows of text cells.

Belongs here: the shape and how cells of any type become text.
Does not belong here: the meaning of columns (`columns`) and of rows (the layouts).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isnan
from typing import NamedTuple

SAMPLE_ROWS = 400
"""How many rows are looked at to find the header and the columns."""


class GridRow(NamedTuple):
    """One row: its number in the file, its cells as text, and which of them held numbers."""

    row: int
    cells: list[str]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table without a known meaning yet.

    Attributes:
        kind: What it is, in words, such as `CSV` or `XLSX workbook`.
        sample: The first rows, up to `SAMPLE_ROWS`.
        read: Reads all rows from the beginning, lazily.
        ragged: Whether a row may have fewer cells than it should (then it was cut off).
        notes: What a person should know about how it was found.
    """

    kind: str
    sample: list[GridRow]
    read: Callable[[], Iterator[GridRow]]
    ragged: bool = False
    notes: tuple[str, ...] = ()


def grid_row(row: int, values: Sequence[object]) -> GridRow:
    """Make a row of typed cells into text, and remember where numbers stood."""
    numbers = frozenset(index for index, value in enumerate(values) if _is_number(value))
    return GridRow(row, [cell_text(value) for value in values], numbers)


def cell_text(value: object) -> str:
    """Return a typed cell as text: whole numbers without a point, days as `YYYY-MM-DD`."""
    if value is None:
        return ""
    if isinstance(value, float):
        if isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_number(value: object) -> bool:
    # NaN is how some writers say "empty"; True and False are words that happen to be integers.
    if isinstance(value, float):
        return not isnan(value)
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
