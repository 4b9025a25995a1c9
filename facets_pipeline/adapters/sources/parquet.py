"""Parquet files as grids. Not reading their cells (`foreign`), nor the meaning of columns."""

from functools import partial

from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.foreign import foreign_rows, foreign_sheets
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS, Grid


def parquet_grid(content: Content) -> Grid:
    """Open a Parquet file; its column names become the header, row 0 before row 1 of the data.

    Raises:
        SourceError: The file is damaged, or takes more memory or time than any code file.
    """
    (table,) = foreign_sheets(content, SAMPLE_ROWS)
    return Grid("Parquet file", table.sample, partial(foreign_rows, content, 0))
