"""What a person at a terminal, or a machine behind a pipe, gets to read."""

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console() -> "Console":
    """Return the console for results: standard output."""
    # Here and below: what only results need is not imported for `--help`.
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def results_table(title: str) -> "Table":
    """Return an empty table in the one style that all results have."""
    from rich import box
    from rich.table import Table

    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )


def tell(line: str) -> None:
    """Print a line about the work itself, not its result, to standard error."""
    sys.stderr.write(f"{line}\n")


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Print one JSON document to standard output."""
    sys.stdout.write(json.dumps(document, default=str, ensure_ascii=False, indent=2) + "\n")


def share(part: int, whole: int) -> str:
    """Return a percentage that never rounds up to 100 %, and a dash where there is nothing."""
    if not whole:
        return "-"
    if part >= whole:
        return "100 %"
    return f"{int(part / whole * 1000) / 10:.1f} %"
