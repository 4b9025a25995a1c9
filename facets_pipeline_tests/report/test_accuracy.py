"""The section on accuracy: true to its figures, well-formed, safe, and honest about few labels."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.evaluation import (
    ALL_SYSTEMS,
    Evaluation,
    Source,
    TrendPoint,
    Voice,
    score_of,
)
from facets_pipeline.domain.gold import GoldIssue, GoldLabels
from facets_pipeline.domain.intervals import Interval
from facets_pipeline.domain.opinions import Answer
from facets_pipeline.report import accuracy_tables
from facets_pipeline.report.accuracy_json import evaluation_document
from facets_pipeline.report.accuracy_words import span, with_span
from facets_pipeline.report.html import render_html
from facets_pipeline.report.markdown import render_markdown
from facets_pipeline_tests.report.examples import report_figures, system_figures
from facets_pipeline_tests.report.page import Page

HOSTILE = "<script>alert(1)</script>"
CODES = [f"J{number:04d}" for number in range(200)]
LABELS = GoldLabels(
    {("HCPCS", code, "procedure_category"): "drug" for code in CODES}
    | {("HCPCS", "J0000", "em_level"): None},
    frozenset({("HCPCS", "J0001", "em_level")}),
    files=(HOSTILE,),
    rows=203,
    issues=(GoldIssue("gold.csv", 7, "unknown_value", f"no value {HOSTILE}"),),
)
RIGHT: Answer = {"procedure_category": "drug"}
TREND = tuple(
    TrendPoint(datetime(2026, 3, day, tzinfo=UTC), {Source.CLAUDE: Tally(190 + day, 201)})
    for day in (1, 2)
)


def evaluation(wrong: int = 2, circular: int = 1) -> Evaluation:
    """Return what two sources make of 200 codes: one always right, one wrong now and then."""
    answers = {("HCPCS", code): RIGHT for code in CODES}
    claude = answers | {
        ("HCPCS", code): {"procedure_category": "supply", "em_level": "level_1"}
        for code in CODES[:wrong]
    }
    rests = frozenset(("HCPCS", code, "procedure_category") for code in CODES[:circular])
    scores = tuple(
        score_of(Voice(source, system, HOSTILE, "codebook 1.2"), LABELS, rests, said)
        for system in (ALL_SYSTEMS, "HCPCS")
        for source, said in ((Source.CLAUDE, claude), (Source.RECONCILED, answers))
    )
    return Evaluation(LABELS, rests, scores)


def page() -> Page:
    figures = replace(report_figures(system_figures()), accuracy=evaluation(), trend=TREND)
    return Page(render_html(figures))


def test_the_section_is_well_formed_and_shows_hostile_text_as_text() -> None:
    found = page()
    assert found.errors == []
    assert not {tag for tag, _ in found.elements} & {"script", "img"}
    assert HOSTILE in found.text


def test_the_section_says_what_the_figures_say() -> None:
    text = page().text
    assert "203 rows read, 201 labelled cells of 200 codes compared, and 1 cell listed" in text
    assert "100 % (98.1\u2013100 %)" in text
    assert "98.5 % (95.7\u201399.5 %)" in text
    assert "Every labelled cell is right." in text


def test_each_drawing_tells_its_figures_to_readers_aloud() -> None:
    drawings = [each for each in page().all("svg") if each["class"] == "whiskers"]
    assert len(drawings) == 2 + len(TREND)
    assert all(each["role"] == "img" for each in drawings)


def test_markdown_has_the_same_tables() -> None:
    figures = replace(report_figures(system_figures()), accuracy=evaluation(), trend=TREND)
    text = render_markdown(figures)
    assert "## Accuracy" in text
    assert "| HCPCS | claude | 201 | 98.5 % (95.7\u201399.5 %) |" in text
    assert "2 March 2026, 00:00 UTC" in text


def test_a_report_without_gold_has_no_section() -> None:
    figures = report_figures(system_figures())
    assert "accuracy" not in render_html(figures).replace("svg.accuracy", "").lower()
    assert "## Accuracy" not in render_markdown(figures)


def test_of_few_cells_no_percentage_is_shown_but_the_interval_is() -> None:
    (category, level) = accuracy_tables.facet_table(evaluation()).rows
    assert category[2] == "99.0 % (96.4\u201399.8 %)"
    assert level[:3] == ("em_level", "1", "0 of 1 (0\u201379.4 %)")


def test_circular_cells_stand_apart_and_only_where_there_are_any() -> None:
    (first, *_) = accuracy_tables.circular_table(evaluation(circular=1)).rows
    assert first[2:5] == ("201", "98.5 %", "200")
    assert accuracy_tables.circular_table(evaluation(circular=0)).rows == ()


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.97951, 0.98549), "97.9\u201398.6 %"),
        (Interval(0.0, 1.0), "0\u2013100 %"),
        (Interval(0.99999, 1.0), "99.9\u2013100 %"),
    ],
)
def test_intervals_are_rounded_outwards(interval: Interval, text: str) -> None:
    assert span(interval) == text


def test_of_nothing_no_figure_is_shown() -> None:
    assert with_span(Tally(0, 0)) == "\u2013"


def test_the_document_for_machines_has_every_figure_and_every_wrong_cell() -> None:
    document = evaluation_document(evaluation())
    claude = document["scores"][0]
    assert claude["cells"]["right"] == 198
    assert claude["cells_without_circular"]["total"] == 200
    assert claude["filled_in"] == {
        "right": 2, "total": 2, "share": 1.0, "low": pytest.approx(0.342, abs=0.001), "high": 1.0,
    }  # fmt: skip
    assert len(claude["wrong"]) == 3
    assert claude["facets"]["procedure_category"]["macro_f1"] == pytest.approx(0.497, abs=0.001)
    assert document["gold"]["rows_with_issues"][0]["row"] == 7
