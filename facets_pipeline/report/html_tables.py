"""Tables of the report as HTML: one layout for every table, one for the charts of values.

What belongs here: rows, cells and their headings. On a narrow screen the style sheet turns each row
into a block, so every cell carries its column's heading and every element its role.
"""

from facets_pipeline.report.markup import Html, element, join
from facets_pipeline.report.tables import Column, Table

WIDE = 4
"""Columns of figures that fit side by side on a phone."""


def table_html(table: Table) -> Html:
    """Return `table` with its caption; a row's bar stands in the second column."""
    body = [
        _row(table.columns, cells, table.bars[number] if table.bars else None)
        for number, cells in enumerate(table.rows)
    ]
    foot = (
        [element("tfoot", _row(table.columns, table.total, None), role="rowgroup")]
        if table.total
        else []
    )
    figures = sum(column.is_figure for column in table.columns)
    return element(
        "table",
        element("caption", table.caption),
        element("thead", _headings(table), role="rowgroup"),
        element("tbody", *body, role="rowgroup"),
        *foot,
        role="table",
        class_="wide" if figures > WIDE else "narrow",
    )


def chart_html(table: Table, summary: str) -> Html:
    """Return `table` as a chart of horizontal bars: name, bar, codes and share on one line."""
    caption = element("caption", element("b", table.caption), " ", element("small", summary))
    rows = [
        element(
            "tr",
            element("th", cells[0], scope="row"),
            element("td", bar, class_="drawn"),
            *(element("td", cell, class_="figure") for cell in cells[1:]),
        )
        for cells, bar in zip(table.rows, table.bars, strict=True)
    ]
    empty = element("tr", element("td", "No code has a value.", colspan="4", class_="empty"))
    return element(
        "table",
        caption,
        element("thead", _headings(table)),
        element("tbody", *(rows or [empty])),
        class_="chart",
    )


def _headings(table: Table) -> Html:
    first, *others = [
        element("th", column.title, scope="col", class_=_kind(column), role="columnheader")
        for column in table.columns
    ]
    drawn = (
        [element("th", "Bar", scope="col", class_="drawn", role="columnheader")]
        if table.bars
        else []
    )
    return element("tr", first, *drawn, *others, role="row")


def _row(columns: tuple[Column, ...], cells: tuple[str, ...], bar: Html | None) -> Html:
    first = element("th", cells[0], scope="row", role="rowheader")
    drawn = [element("td", bar, class_="drawn", role="cell")] if bar is not None else []
    others = [
        element("td", cell, class_=_kind(column), data_label=column.title, role="cell")
        for column, cell in zip(columns[1:], cells[1:], strict=True)
    ]
    return element("tr", join(first, *drawn, *others), role="row")


def _kind(column: Column) -> str:
    return "figure" if column.is_figure else "text"
