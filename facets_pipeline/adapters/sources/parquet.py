"""Parquet files as grids. Belongs here: reading them in batches; not the meaning of columns."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, cast

import pyarrow as pa
from pyarrow import parquet

from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid, GridRow, grid_row
from facets_pipeline.domain.errors import SourceError

_BATCH_ROWS = 10_000
_ARROW_ERROR = cast("type[Exception]", pa.ArrowException)


class _Column(Protocol):
    def to_pylist(self) -> list[object]: ...


class _Batch(Protocol):
    @property
    def columns(self) -> Sequence[_Column]: ...


def parquet_grid(content: Content) -> Grid:
    """Open a Parquet file; its column names become the header, row 0 before row 1 of the data.

    Raises:
        SourceError: The file is damaged.
    """
    return Grid("Parquet file", list(islice(_rows(content), SAMPLE_ROWS)), lambda: _rows(content))


def _rows(content: Content) -> Iterator[GridRow]:
    try:
        with content.open() as stream:
            # A member of an archive cannot be read from its end, where Parquet keeps its table.
            seekable = stream if "!" not in content.name else io.BytesIO(stream.read())
            table = parquet.ParquetFile(seekable)
            names = cast("list[str]", table.schema_arrow.names)
            yield GridRow(0, names)
            number = 0
            for batch in cast("Iterable[_Batch]", table.iter_batches(batch_size=_BATCH_ROWS)):
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield grid_row(number, values)
    except (_ARROW_ERROR, OSError) as error:
        raise SourceError(
            f"{content.name!r} is a damaged Parquet file ({str(error).splitlines()[0]}): get the "
            "file again."
        ) from error
