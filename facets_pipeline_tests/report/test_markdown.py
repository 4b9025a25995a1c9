"""The Markdown report: the figures of the HTML page, in tables that any renderer understands."""

import re
from dataclasses import replace

import pytest

from facets_pipeline.domain.coverage import CoverageFigures, ReviewItem
from facets_pipeline.report.html import render_html
from facets_pipeline.report.markdown import render_markdown
from facets_pipeline_tests.report.examples import report_figures, system_figures
from facets_pipeline_tests.report.page import Page
from facets_pipeline_tests.report.test_html import CASES, HOSTILE, hostile_figures

NUMBER = re.compile(r"<?\$?\d[\d,]*(?:\.\d+)?(?: %)?")


def numbers(text: str) -> set[str]:
    """Return the figures in `text` before the glossary."""
    return set(NUMBER.findall(text.split("What each facet means", maxsplit=1)[0]))


@pytest.mark.parametrize("figures", CASES.values(), ids=CASES.keys())
def test_both_formats_tell_the_same_figures(figures: CoverageFigures) -> None:
    in_markdown = numbers(render_markdown(figures).replace("\\<", "<"))
    in_html = numbers(Page(render_html(figures)).text)
    # The sum of the four states stands in the Markdown table only: as a whole, 100 %.
    assert in_markdown - {"100 %"} == in_html - {"100 %"}


def test_every_figure_of_a_system_is_told() -> None:
    system = system_figures("CPT", 11_235, stale=412, in_review=38, pending=1260)
    told = numbers(render_markdown(report_figures(system)))
    assert {"9,525", "412", "38", "1,260", "11,235", "914", "12", "27"} <= told
    for facet in system.facets:
        counts = (facet.with_value, facet.not_applicable, facet.unknown)
        assert {f"{number:,}" for number in (*counts, *facet.distribution.values())} <= told


@pytest.mark.parametrize("figures", [*CASES.values(), hostile_figures()], ids=[*CASES, "hostile"])
def test_every_row_of_a_table_has_as_many_cells_as_its_heading(figures: CoverageFigures) -> None:
    width = 0
    for line in render_markdown(figures).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (width and cells) or cells == width, line
        width = cells


def test_hostile_text_stays_inside_its_cell() -> None:
    system = replace(system_figures(), review=(ReviewItem("G0001", f"a|b\n# c {HOSTILE} `d`"),))
    told = render_markdown(report_figures(system))
    assert "\n# c" not in told
    assert re.findall(r"(?<!\\)<", told) == []
    assert "a\\|b # c" in told


def test_names_with_underscores_stay_readable() -> None:
    assert "HCPC2026_JAN_ANWEB.txt" in render_markdown(CASES["one system"])
