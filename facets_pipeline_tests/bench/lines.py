"""The table of results: one line per figure, what it must reach, and whether it does."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = (("measure", 40), ("must reach", 16), ("ideal", 8), ("measured", 15), ("ratio", 6))


@dataclass(frozen=True, slots=True)
class Line:
    """One figure.

    Attributes:
        what: What was measured.
        measured: The figure, as it is shown.
        must: What it must reach; empty if it is told for information.
        ideal: The best that is possible; empty if there is no such figure.
        ratio: Measured over ideal; None without an ideal.
        ok: Whether it is reached; None if there is nothing to reach.
    """

    what: str
    measured: str
    must: str = ""
    ideal: str = ""
    ratio: float | None = None
    ok: bool | None = None


def fact(what: str, measured: str) -> Line:
    """Return a figure that is told for information."""
    return Line(what, measured)


def at_most(what: str, value: float, most: float, pattern: str = "{:.1f}") -> Line:
    """Return a figure that must not exceed `most`; both are shown by `pattern`."""
    return Line(what, pattern.format(value), "<= " + pattern.format(most), ok=value <= most)


def at_least(what: str, value: float, least: float, pattern: str = "{:.1f}") -> Line:
    """Return a figure that must not be below `least`; both are shown by `pattern`."""
    return Line(what, pattern.format(value), ">= " + pattern.format(least), ok=value >= least)


def all_of(what: str, count: int, wanted: int) -> Line:
    """Return a count that must be exactly what is wanted."""
    return Line(what, f"{count:,}", f"{wanted:,}", ok=count == wanted)


def near_ideal(
    what: str, seconds: float, ideal: float, most: float, *, extra: float = 0.0, times: float = 1.0
) -> Line:
    """Return a time that must stay within `most` times the ideal, plus `extra` seconds.

    Args:
        what: What was measured.
        seconds: How long it took.
        ideal: How long it takes at the least.
        most: The largest ratio that will do.
        extra: Seconds that do not count.
        times: How much slower the world that is meant is than the one that was measured.
    """
    ratio = seconds / ideal if ideal > 0 else math.inf
    return Line(
        what,
        _duration(seconds * times),
        f"<= {most:.2f}" + (f" + {extra:.1f} s" if extra else ""),
        _duration(ideal * times),
        ratio,
        seconds <= most * ideal + extra,
    )


def failure(what: str, error: BaseException) -> Line:
    """Return the line of a measure that came to no result."""
    return Line(f"{what}: {error}", "failed", ok=False)


def table(lines: Sequence[Line]) -> str:
    """Return the lines as text of at most 100 columns, with a header."""
    head = "  ".join(
        name.ljust(width) if number == 0 else name.rjust(width)
        for number, (name, width) in enumerate(COLUMNS)
    )
    return "\n".join([f"{head}  ok", "-" * (len(head) + 6), *(row(line) for line in lines)])


def row(line: Line) -> str:
    """Return one line of the table; a long name takes lines of its own."""
    ratio = "" if line.ratio is None else f"{line.ratio:.3f}"
    mark = {None: "-", True: "yes", False: "NO"}[line.ok]
    first, *others = (width for _, width in COLUMNS)
    values = (line.must, line.ideal, line.measured, ratio)
    cells = [value.rjust(width) for value, width in zip(values, others, strict=True)]
    name = line.what
    above = f"{name}\n" if len(name) > first else ""
    return "  ".join([above + ("" if above else name).ljust(first), *cells, mark])


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 300 else f"{seconds / 60:.1f} min"
