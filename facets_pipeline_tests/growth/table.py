"""The table of growth: a row per stage, a group of columns per size, and the exponent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facets_pipeline_tests.growth.measured import Measured


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage took at one size.

    Attributes:
        name: The stage.
        codes: How many codes there were.
        used: What it used; `cpu` and `peak_mb` are 0 where it was a part of a process.
        bytes_per_code: Of the store after it; 0 where it adds nothing.
    """

    name: str
    codes: int
    used: Measured
    bytes_per_code: float = 0.0


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Return by which power of the number of codes a figure grows from one size to a larger one.

    1 is linear, 0 does not grow, 2 would be a hundred times as much for ten times the codes.

    Args:
        small: A number of codes, and the figure.
        large: A larger number of codes, and the figure.
    """
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


def table(stages: Sequence[Stage]) -> str:
    """Return the stages as a Markdown table, sizes side by side, in the order of their coming."""
    sizes = sorted({stage.codes for stage in stages})
    by_name: dict[str, dict[int, Stage]] = {}
    for stage in stages:
        by_name.setdefault(stage.name, {})[stage.codes] = stage
    head = ["stage", *(f"{size:,}: s (CPU s), MB, B/code" for size in sizes), "exponent"]
    rows = [[name, *_cells(found, sizes), _growth(found)] for name, found in by_name.items()]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def row(stage: Stage) -> str:
    """Return one stage in a line, for whoever waits."""
    return f"{stage.codes:,} {stage.name}: {_cell(stage)}"


def _cells(found: Mapping[int, Stage], sizes: Sequence[int]) -> list[str]:
    return [_cell(found[size]) if size in found else "" for size in sizes]


def _cell(stage: Stage) -> str:
    used = stage.used
    told = [
        f"{used.seconds:.{1 if used.seconds >= 1 else 3}f}"
        + (f" ({used.cpu:.1f})" if used.cpu else "")
    ]
    if used.peak_mb:
        told.append(f"{used.peak_mb:.0f}")
    if stage.bytes_per_code:
        told.append(f"{stage.bytes_per_code:,.0f}")
    return ", ".join(told)


def _growth(found: Mapping[int, Stage]) -> str:
    """Return the exponent of the time from the second largest size to the largest."""
    if len(found) < 2:
        return ""
    small, large = (found[size] for size in sorted(found)[-2:])
    first, second = _time(small.used), _time(large.used)
    if not first or not second:
        return ""
    return f"{exponent((small.codes, first), (large.codes, second)):.2f}"


def _time(used: Measured) -> float:
    return used.cpu or used.seconds
