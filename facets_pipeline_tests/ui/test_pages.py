"""What is shown once all is filled: plots, checks, automation, the graph, the report."""

import re

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from facets_pipeline_tests.ui.conftest import Backfilled
from facets_pipeline_tests.ui.pictures import picture
from facets_pipeline_tests.ui.stage import Stage
from facets_pipeline_tests.ui.visitor import Visitor

pytestmark = pytest.mark.ui

ASSETS = ("raw_codes", "llm_facets", "validated_facets", "coverage_report")
FOLLOWED_MS = 150_000
"""The longest until free work has followed: two ticks of 30 s, two runs, a page's own refresh."""


@pytest.fixture
def followed(stage: Stage, visitor: Visitor, backfilled: Backfilled) -> str:
    """The headline of the report that Dagster made by itself after the backfill."""
    assert backfilled.counts["Failed"] == 0
    page = visitor.open("/assets/coverage_report")
    page.get_by_text("[Show Markdown]").click()
    headline = (
        page.get_by_role("dialog").get_by_text(f"of {len(stage.codes)} HCPCS codes have").first
    )
    expect(headline).to_be_visible(timeout=FOLLOWED_MS)
    return headline.inner_text()


def test_the_metadata_of_the_partitions_is_plotted(
    visitor: Visitor, backfilled: Backfilled
) -> None:
    assert backfilled.counts["Failed"] == 0
    page = visitor.open("/assets/llm_facets")
    page.get_by_text("Plots", exact=True).click()
    for label in ("answered", "cost_usd", "output_tokens"):
        expect(page.get_by_text(label, exact=True)).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    picture(page, "plots")


def test_every_check_of_an_asset_says_what_it_means(visitor: Visitor, followed: str) -> None:
    assert followed
    page = visitor.open("/assets/validated_facets?view=checks")
    page.get_by_text("codebook_rules_hold").first.click()
    expect(page.get_by_text("This is a blocking asset check")).to_be_visible()
    expect(page.get_by_text("Passed", exact=True).first).to_be_visible()
    picture(page, "checks")


def test_free_work_runs_by_itself(visitor: Visitor, backfilled: Backfilled) -> None:
    assert backfilled.counts["Failed"] == 0
    page = visitor.open("/automation")
    expect(page.get_by_text("free_work")).to_be_visible()
    expect(page.get_by_text("ended_batches")).to_be_visible()
    picture(page, "automation")


def test_the_graph_is_one_readable_line(visitor: Visitor, followed: str) -> None:
    assert followed
    page = visitor.open("/assets/coverage_report?view=lineage&lineageScope=upstream&lineageDepth=9")
    nodes = [page.get_by_text(name, exact=True).last for name in ASSETS]
    for node in nodes:
        expect(node).to_be_visible()
    places = [box_of(node) for node in nodes]
    assert [place["x"] for place in places] == sorted(place["x"] for place in places)
    picture(page, "asset-graph")


def test_the_report_that_the_page_names_opens_from_disk(visitor: Visitor, followed: str) -> None:
    page = visitor.open("/assets/coverage_report")
    path = page.get_by_text(re.compile(r"/coverage_report\.html$")).first.inner_text()
    page.goto(f"file://{path}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(followed[:30])
    expect(page.get_by_role("heading", name="Coverage by facet")).to_be_visible()
    picture(page, "report")


def box_of(node: Locator) -> FloatRect:
    """Return where `node` is on the page."""
    box = node.bounding_box()
    assert box is not None
    return box
