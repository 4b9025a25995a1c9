"""Bars as inline SVG: no script, no reference to anything outside the page.

What belongs here: geometry. Colours come from the style sheet by class name, and the numbers that
a bar shows always stand beside it as text. Bars stretch to the width that they are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from facets_pipeline.report.markup import Html, element
from facets_pipeline.report.words import count, percent

_WIDTH = 1000.0
_LEAST = 8.0
"""Width of the smallest part: three codes of a million are still a line that can be seen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a stacked bar.

    Attributes:
        label: What is counted, for people.
        number: How many.
        tone: Its class in the style sheet, as "answered"; decides the colour.
    """

    label: str
    number: int
    tone: str


def stacked_bar(segments: Sequence[Segment], title: str) -> Html:
    """Return one bar that is divided among `segments`; an empty track if all are 0."""
    total = sum(segment.number for segment in segments)
    described = "; ".join(
        f"{segment.label}: {count(segment.number)} ({percent(segment.number, total)})"
        for segment in segments
    )
    parts: list[Html] = []
    left = 0.0
    widths = visible_widths([segment.number for segment in segments])
    for segment, width in zip(segments, widths, strict=True):
        if width:
            parts.append(_rectangle(left, width, f"part {segment.tone}"))
        left += width
    return _drawing("stack", title, described, *parts)


def horizontal_bar(number: int, largest: int, title: str) -> Html:
    """Return one bar whose length is `number` on a scale that ends at `largest`."""
    width = max(_WIDTH * number / largest, _LEAST / 2) if number and largest else 0.0
    return _drawing("bar", title, "", _rectangle(0, width, "value"))


def swatch(tone: str) -> Html:
    """Return the small square that names a colour in a legend; readers aloud skip it."""
    square = element("rect", width="10", height="10", class_=tone)
    return element("svg", square, class_="swatch", viewBox="0 0 10 10", aria_hidden="true")


def visible_widths(numbers: Sequence[int]) -> list[float]:
    """Return widths out of 1000 for `numbers`, each that is not 0 wide enough to be seen.

    What small parts gain is taken from the large ones in proportion, so that the sum stays 1000.
    """
    total = sum(numbers)
    if not total:
        return [0.0 for _ in numbers]
    exact = [_WIDTH * number / total for number in numbers]
    small = [0 < width < _LEAST for width in exact]
    room = _WIDTH - _LEAST * sum(small)
    large = sum(width for width, is_small in zip(exact, small, strict=True) if not is_small)
    return [
        _LEAST if is_small else width * room / large
        for width, is_small in zip(exact, small, strict=True)
    ]


def _rectangle(left: float, width: float, tone: str) -> Html:
    return element("rect", x=f"{left:.1f}", y="0", width=f"{width:.1f}", height="10", class_=tone)


def _drawing(kind: str, title: str, described: str, *parts: Html) -> Html:
    track = element("rect", x="0", y="0", width="1000", height="10", class_="track")
    description = [element("desc", described)] if described else []
    return element(
        "svg",
        element("title", title),
        *description,
        track,
        *parts,
        class_=kind,
        role="img",
        viewBox="0 0 1000 10",
        preserveAspectRatio="none",
    )
