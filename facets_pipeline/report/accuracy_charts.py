"""Shares with their intervals as inline SVG: one line per source, the share as a mark on it.

What belongs here: geometry. The figures stand beside each drawing as text, and colours come from
the style sheet by class name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.evaluation import Source
from facets_pipeline.report.accuracy_words import with_span
from facets_pipeline.report.charts import swatch
from facets_pipeline.report.markup import Html, element

TONES = {
    Source.CLAUDE: "review",
    Source.RULES: "pending",
    Source.REFERENCE: "stale",
    Source.RECONCILED: "answered",
}
"""Source to its class in the style sheet; decides the colour."""

_WIDTH = 1000.0
_LANE = 10.0
"""Height of one source's line."""
_MARK = 8.0
"""Width of the mark that stands at the share."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One source in a drawing."""

    source: Source
    tally: Tally


def scale_from(tallies: Iterable[Tally]) -> int:
    """Return where the scale begins, in tens of percent: below the lowest end of all intervals."""
    lows = [tally.interval.low for tally in tallies if tally.total]
    return floor(min(lows, default=0.0) * 10) * 10


def whiskers(lanes: Sequence[Lane], begin: int, title: str) -> Html:
    """Return one drawing: per source its interval as a line and its share as a mark.

    Args:
        lanes: The sources from top to bottom; those that compared nothing leave their line empty.
        begin: Where the scale begins, in percent; it ends at 100.
        title: What it shows, for readers aloud.
    """
    told = "; ".join(f"{lane.source.value} {with_span(lane.tally, 1)}" for lane in lanes)
    height = _LANE * len(lanes)
    parts = [
        part
        for number, lane in enumerate(lanes)
        if lane.tally.total
        for part in _line(lane, number, begin)
    ]
    return element(
        "svg",
        element("title", title),
        element("desc", told),
        element("rect", x="0", y="0", width="1000", height=f"{height:.0f}", class_="track"),
        *parts,
        class_="whiskers",
        role="img",
        viewBox=f"0 0 1000 {height:.0f}",
        preserveAspectRatio="none",
    )


def legend(sources: Iterable[Source]) -> Html:
    """Return which colour is which source."""
    entries = (element("li", swatch(TONES[source]), source.value) for source in sources)
    return element("ul", *entries, class_="legend")


def _line(lane: Lane, number: int, begin: int) -> list[Html]:
    top, tone = number * _LANE, TONES[lane.source]
    low, high = _at(lane.tally.interval.low, begin), _at(lane.tally.interval.high, begin)
    mark = min(max(_at(lane.tally.share, begin) - _MARK / 2, 0.0), _WIDTH - _MARK)
    return [
        _rectangle(low, top + 4, max(high - low, 1.0), 2, tone),
        _rectangle(mark, top + 1, _MARK, 8, tone),
    ]


def _at(share: float, begin: int) -> float:
    return _WIDTH * max(0.0, share * 100 - begin) / (100 - begin) if begin < 100 else _WIDTH


def _rectangle(left: float, top: float, width: float, height: float, tone: str) -> Html:
    return element(
        "rect",
        x=f"{left:.1f}",
        y=f"{top:.0f}",
        width=f"{width:.1f}",
        height=f"{height:.0f}",
        class_=tone,
    )
