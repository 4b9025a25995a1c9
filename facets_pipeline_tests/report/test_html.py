"""The HTML page: self-contained, well-formed, safe, accessible and true to the figures."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from facets_pipeline.domain.coverage import CoverageFigures, FindingFigures, ReviewItem
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report.html import render_html
from facets_pipeline_tests.report.examples import (
    empty_system,
    report_figures,
    source_figures,
    system_figures,
)
from facets_pipeline_tests.report.page import Page

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=//evil.example/x onerror=y> url(http://evil.example)"
)

CASES = {
    "one system": report_figures(system_figures()),
    "two systems": report_figures(
        system_figures(), system_figures("CPT", 11_235, stale=412, in_review=2, pending=1260)
    ),
    "a million codes": report_figures(system_figures("CPT", 1_000_000)),
    "nothing loaded": report_figures(empty_system()),
    "no system": replace(report_figures(), costs=()),
}


def hostile_figures() -> CoverageFigures:
    system = system_figures()
    odd = replace(system.facets[0], distribution={HOSTILE: 5, "x" * 300: 3})
    foreign = replace(system.facets[1], facet=HOSTILE)
    source = source_figures(HOSTILE)
    hostile = replace(
        system,
        code_system=HOSTILE,
        annotator=HOSTILE,
        facets=(odd, foreign, *system.facets[2:]),
        findings=(FindingFigures(HOSTILE, HOSTILE, 1, (HOSTILE,)),),
        review=(ReviewItem(HOSTILE, HOSTILE),),
        source=replace(source, format=HOSTILE, release=HOSTILE, skipped={HOSTILE: 1}),
    )
    figures = report_figures(hostile, system)
    costs = tuple(replace(cost, annotator=HOSTILE) for cost in figures.costs)
    return replace(figures, codebook_version=HOSTILE, costs=costs)


@pytest.mark.parametrize("figures", [*CASES.values(), hostile_figures()], ids=[*CASES, "hostile"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(figures: CoverageFigures) -> None:
    page = Page(render_html(figures))
    assert page.errors == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"href", "src", "xlink:href", "srcset", "style", "action"}:
                assert value.startswith(("#", "data:,")), (tag, name, value)


def test_the_page_and_its_style_name_no_address() -> None:
    source = render_html(CASES["two systems"])
    assert re.findall(r"https?:|(?<!:)//|url\(|@import|<script", source) == []
    assert "default-src 'none'" in source


def test_hostile_text_is_shown_as_text() -> None:
    source = render_html(hostile_figures())
    assert "<script" not in source
    assert "<img" not in source
    assert Page(source).text.count("alert(1)") >= 8


def test_the_headline_says_it_in_one_sentence() -> None:
    page = render_html(CASES["one system"])
    assert "<title>8,620 of 8,623 HCPCS codes have facets (99.97 %)</title>" in page
    assert Page(page).text.count("8,620 of 8,623 HCPCS codes have facets") == 1


def test_several_systems_share_a_headline_and_have_one_each() -> None:
    text = Page(render_html(CASES["two systems"])).text
    assert "18,181 of 19,858 codes have facets" in text
    assert "9,561 of 11,235 CPT codes have facets" in text
    assert "1,260 not yet asked, 2 waiting for a person, 412 answered under an older recipe" in text


def test_one_open_code_is_never_called_all() -> None:
    system = system_figures(in_review=0, pending=1)
    source = render_html(report_figures(replace(system, findings=())))
    claims = source.split('id="glossary"', maxsplit=1)[0]
    assert "100 %" not in claims
    assert "8,622 of 8,623 HCPCS codes have facets (99.99 %)" in claims


def test_a_complete_system_says_so() -> None:
    text = Page(render_html(report_figures(system_figures(in_review=0, pending=0)))).text
    assert "Every active code has a valid answer." in text
    assert "No code is pending. No code is waiting for a person." in text


def test_without_any_system_the_page_says_what_to_do() -> None:
    text = Page(render_html(CASES["no system"])).text
    assert "No codes have been loaded yet" in text
    assert "facets load FILE" in text
    assert "nothing was spent" in text


def test_a_system_without_codes_claims_no_share() -> None:
    text = Page(render_html(CASES["nothing loaded"])).text
    assert "No CPT code is in force" in text
    assert "Nothing has been loaded for this code system." in text
    assert "100 %" not in text.split("How this report was made", maxsplit=1)[0]


def test_an_unknown_price_is_unknown_in_its_row_and_in_the_sum() -> None:
    text = Page(render_html(CASES["one system"])).text
    assert "$12.34 + unknown for 1,740 calls on 2 days" in text
    assert "2026-03-02 claude-sonnet-5-5 870 8,623 1,204,377 7,612,500 402,118 1 unknown" in text


def test_tables_and_drawings_can_be_read_aloud() -> None:
    page = Page(render_html(CASES["two systems"]))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(attributes.get("scope") in {"row", "col"} for attributes in page.all("th"))
    drawings = [each for each in page.all("svg") if each.get("aria-hidden") != "true"]
    assert {each["role"] for each in drawings} == {"img"}
    assert len(page.all("title")) == len(drawings) + 1
    assert len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"] == "en"
    assert any(each.get("name") == "viewport" for each in page.all("meta"))


def test_headings_never_skip_a_level_and_links_lead_somewhere() -> None:
    page = Page(render_html(CASES["two systems"]))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    assert {each["href"].removeprefix("#") for each in page.all("a")} <= set(names)


def test_a_facet_that_is_added_to_the_codebook_is_explained() -> None:
    extra = replace(CODEBOOK.facets[2], name="laterality", title="Laterality", definition="Side.")
    assert "<b>Laterality</b>" in render_html(CASES["one system"], CODEBOOK.with_facet(extra))
