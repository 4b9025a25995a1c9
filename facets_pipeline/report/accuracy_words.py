"""Accuracy in words: shares with their intervals, and the sentences around them.

What belongs here: how one figure of accuracy is written, for every format. A facet with few labels
shows its interval alone: a bare percentage of five cells would pretend to know.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.confusion import Given, NoAnswer
from facets_pipeline.domain.evaluation import ALL_SYSTEMS, Evaluation, Score
from facets_pipeline.domain.intervals import Interval
from facets_pipeline.report.words import NOTHING, count, counted, percent, plain

MIN_CELLS = 30
"""Labelled cells below which a share is shown as its interval only."""

_TENTH = Decimal("0.1")


def span(interval: Interval) -> str:
    """Return an interval as "97.9-98.6 %", rounded outwards so that it never claims too much."""
    low = (Decimal(interval.low) * 100).quantize(_TENTH, ROUND_FLOOR)
    high = (Decimal(interval.high) * 100).quantize(_TENTH, ROUND_CEILING)
    return f"{_short(low)}\u2013{_short(high)} %"


def right_share(tally: Tally, min_cells: int = MIN_CELLS) -> str:
    """Return the share of right ones; a dash for nothing, no percentage where few were compared."""
    if not tally.total:
        return NOTHING
    if tally.total < min_cells:
        return f"{count(tally.right)} of {count(tally.total)}"
    return percent(tally.right, tally.total)


def with_span(tally: Tally, min_cells: int = MIN_CELLS) -> str:
    """Return the share with its interval: "98.3 % (97.9\u201398.6 %)"; a dash for nothing."""
    if not tally.total:
        return NOTHING
    return f"{right_share(tally, min_cells)} ({span(tally.interval)})"


def system_name(code_system: str) -> str:
    """Return the name of a code system; "all" for all of them together."""
    return "all" if code_system == ALL_SYSTEMS else code_system


def given_name(given: Given) -> str:
    """Return a value, "no value" or "no answer"."""
    if isinstance(given, NoAnswer):
        return given.value
    return "no value" if given is None else plain(given)


def used(evaluation: Evaluation) -> str:
    """Return what of the gold files is compared."""
    labels = evaluation.labels
    files = ", ".join(labels.files)
    cells = counted(len(labels.values), "labelled cell")
    codes = counted(len({cell[:2] for cell in labels.values}), "code")
    listed = len(labels.not_applicable)
    empty = f", and {counted(listed, 'cell')} listed as empty" if listed else ""
    return f"{files}: {counted(labels.rows, 'row')} read, {cells} of {codes} compared{empty}."


def headline(score: Score) -> str:
    """Return a score in one sentence."""
    cells, codes = score.accuracy.cells, score.accuracy.codes
    missing = score.accuracy.unanswered
    silent = f"; {counted(missing, 'code')} without an answer counted as wrong" if missing else ""
    return (
        f"{percent(cells.right, cells.total)} of {counted(cells.total, 'labelled cell')} are right "
        f"({span(cells.interval)}), and {percent(codes.right, codes.total)} of "
        f"{counted(codes.total, 'code')} in every labelled cell ({span(codes.interval)}){silent}."
    )


def filled_in(score: Score) -> str:
    """Return how many cells hold a value that must be empty."""
    tally = score.filled_in
    if not tally.total:
        return "No label says that a cell must be empty."
    return (
        f"{counted(tally.right, 'cell')} of {count(tally.total)} that must be empty "
        f"{'holds' if tally.right == 1 else 'hold'} a value ({percent(tally.right, tally.total)})."
    )


def _short(number: Decimal) -> str:
    return str(int(number)) if number in (0, 100) else str(number)
