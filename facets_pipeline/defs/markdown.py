"""Markdown for the pages of assets and checks: tables of plain text. What they say is elsewhere."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"[\\`*\[\]<>|~&]|(?<!\w)_|_(?!\w)")
"""What would be markup; an underscore inside a word is none."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> str:
    """Return a Markdown table, or `empty` where there are no rows.

    Args:
        headings: Titles of the columns.
        rows: One value per column; shown as text on one line.
        empty: The sentence for no rows.
    """
    lines = [_line(row) for row in rows]
    if not lines:
        return empty
    return "\n".join([_line(headings), "|" + " --- |" * len(headings), *lines])


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(_plain(str(cell)) for cell in cells) + " |"


def _plain(text: str) -> str:
    # Texts of code files and models stand here: none of it may become markup.
    return _MARKUP.sub(lambda found: f"\\{found.group()}", " ".join(text.split()))
