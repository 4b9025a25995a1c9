"""Tables of the report on a terminal, in the style of all results."""

import re

from facets_pipeline.cli.terminal import console, results_table
from facets_pipeline.report.tables import Column, Table

_INTERVAL = re.compile(r" \(([^()]+) %\)$")
"""The interval behind a share."""


def show_table(table: Table, *folded: int) -> None:
    """Print `table`; nothing where it has no rows.

    Args:
        table: The table; drawings are left out.
        folded: Indexes of the columns that share what room is left, and fold.
    """
    if not table.rows:
        return
    shown = results_table(table.caption)
    for index, column in enumerate(table.columns):
        shown.add_column(
            column.title,
            justify="right" if column.is_figure else "left",
            no_wrap=index not in folded,
            overflow="fold" if index in folded else "ellipsis",
        )
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        shown.add_row(*(_cell(column, text) for column, text in cells))
    console().print(shown, markup=False)


def _cell(column: Column, text: str) -> str:
    # A share and its interval stand one below the other, so that 80 columns are enough.
    return _INTERVAL.sub(r"\n\1", text) if column.is_figure else text
