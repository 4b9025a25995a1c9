"""What a person at a terminal, or a machine behind a pipe, gets to read."""

import json
import sys
from typing import Any

from rich.console import Console


def console() -> Console:
    """Return the console for results: standard output."""
    return Console(highlight=False, soft_wrap=False)


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
