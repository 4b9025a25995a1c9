"""Tables of the report on a terminal, in the style of all results."""

from facets_pipeline.cli.terminal import console, results_table
from facets_pipeline.report.tables import Table


def show_table(table: Table, *, folded: int | None = None) -> None:
    """Print `table`; nothing where it has no rows.

    Args:
        table: The table; drawings are left out.
        folded: Index of the column that takes what room is left, and folds.
    """
    if not table.rows:
        return
    shown = results_table(table.caption)
    for index, column in enumerate(table.columns):
        shown.add_column(
            column.title,
            justify="right" if column.is_figure else "left",
            no_wrap=index != folded,
            overflow="fold" if index == folded else "ellipsis",
        )
    for row in table.rows:
        # A share and its interval stand one below the other, so that 80 columns are enough.
        shown.add_row(
            *(
                cell.replace(" (", "\n(") if column.is_figure else cell
                for column, cell in zip(table.columns, row, strict=True)
            )
        )
    console().print(shown, markup=False)
