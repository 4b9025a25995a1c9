"""Cutting a stream into pages, so that memory stays flat however long it is."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

PAGE = 1000
"""Rows read or written at a time."""

Row = TypeVar("Row")


def pages(rows: Iterable[Row], size: int = PAGE) -> Iterator[list[Row]]:
    """Yield lists of up to `size` rows, in order; `itertools.batched` came with Python 3.12."""
    iterator = iter(rows)
    while page := list(islice(iterator, size)):
        yield page
