"""Bars: well-formed drawings whose lengths stand for their numbers."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from facets_pipeline.report.charts import Segment, horizontal_bar, stacked_bar, visible_widths


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 - the drawing is our own


def widths(drawing: str, kind: str) -> list[float]:
    rectangles = parsed(drawing).findall("rect")
    return [
        float(each.attrib["width"]) for each in rectangles if kind in each.attrib["class"].split()
    ]


def test_a_stacked_bar_is_divided_in_proportion() -> None:
    bar = stacked_bar([Segment("Answered", 3, "answered"), Segment("Open", 1, "review")], "3 of 4")
    assert widths(bar, "answered") == [750.0]
    assert widths(bar, "review") == [250.0]


def test_a_stacked_bar_tells_its_numbers_to_those_who_cannot_see_it() -> None:
    drawing = parsed(
        stacked_bar([Segment("Open", 1, "review"), Segment("Done", 3, "answered")], "Q")
    )
    assert drawing.attrib["role"] == "img"
    assert drawing.findtext("title") == "Q"
    assert drawing.findtext("desc") == "Open: 1 (25.0 %); Done: 3 (75.0 %)"


def test_a_part_of_a_million_can_be_seen_and_takes_no_room_from_the_whole() -> None:
    found = visible_widths([999_997, 0, 2, 1])
    assert found[1] == 0
    assert min(found[2:]) >= 5
    assert sum(found) == pytest.approx(1000)


@pytest.mark.parametrize("numbers", [(), (0, 0), (5,), (1, 1, 1_000_000, 7), (0, 3, 0)])
def test_widths_add_up_to_the_whole_or_to_nothing(numbers: Sequence[int]) -> None:
    assert sum(visible_widths(numbers)) == pytest.approx(1000 if any(numbers) else 0)


def test_a_stacked_bar_of_nothing_is_an_empty_track() -> None:
    bar = stacked_bar([Segment("Answered", 0, "answered")], "nothing")
    assert widths(bar, "track") == [1000.0]
    assert widths(bar, "part") == []


def test_horizontal_bars_are_as_long_as_their_numbers_and_vanish_at_zero() -> None:
    assert widths(horizontal_bar(50, 200, "a"), "value") == [250.0]
    assert widths(horizontal_bar(0, 200, "a"), "value") == [0.0]
    assert widths(horizontal_bar(0, 0, "a"), "value") == [0.0]
    assert widths(horizontal_bar(1, 1_000_000, "a"), "value")[0] > 0


def test_hostile_labels_stay_text() -> None:
    hostile = '</title><script>"&'
    drawing = parsed(stacked_bar([Segment(hostile, 1, "review")], hostile))
    assert drawing.findtext("title") == hostile
    assert drawing.find("script") is None
