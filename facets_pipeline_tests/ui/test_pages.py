"""What is shown once all is filled: plots, checks, automation, the graph, the report."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from facets_pipeline_tests.ui.browser import VIEWPORT
from facets_pipeline_tests.ui.conftest import Backfilled
from facets_pipeline_tests.ui.pictures import picture
from facets_pipeline_tests.ui.visitor import Visitor

pytestmark = pytest.mark.ui

ASSETS = ("raw_codes", "llm_facets", "validated_facets", "coverage_report")
AUTOMATIONS = {
    "free_work": True,
    "ended_batches": True,
    "dead_runs": True,
    "pending_nightly": False,
    "quarterly_release": False,
    "code_files": False,
}
"""Whether each is on in a new instance: what is free is, what spends money is not."""


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


def test_what_is_free_runs_by_itself_and_what_spends_is_off(visitor: Visitor) -> None:
    page = visitor.open("/automation")
    for name, on in AUTOMATIONS.items():
        row = page.locator("[data-index]").filter(has=page.get_by_text(name, exact=True))
        # Its kind is shown once its state is known.
        expect(row).to_contain_text(re.compile("sensor|Scheduled"))
        expect(row.get_by_role("checkbox").last).to_be_checked(checked=on)
    picture(page, "automation")


def test_the_graph_is_one_readable_line(visitor: Visitor, followed: str) -> None:
    assert followed
    # So narrow that Dagster shows names in full size instead of details.
    visitor.page.set_viewport_size({"width": 1240, "height": 520})
    try:
        page = visitor.open(
            "/assets/coverage_report?view=lineage&lineageScope=upstream&lineageDepth=9"
        )
        nodes = [page.get_by_text(name, exact=True).last for name in ASSETS]
        for node in nodes:
            expect(node).to_be_in_viewport(ratio=1)
        for left, right in pairwise(map(box_of, nodes)):
            assert left["x"] + left["width"] < right["x"]
        picture(page, "asset-graph")
    finally:
        visitor.page.set_viewport_size(VIEWPORT)


def test_the_report_that_the_page_names_opens_from_disk(visitor: Visitor, followed: str) -> None:
    page = visitor.open("/assets/coverage_report")
    page.get_by_text("[Show Markdown]").first.click()
    expect(page.get_by_role("dialog")).to_contain_text(followed)
    page.get_by_role("button", name="Close").click()
    path = page.get_by_text(re.compile(r"/coverage_report\.html$")).first.inner_text()
    page.goto(f"file://{path}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(followed)
    expect(page.get_by_role("heading", name="Coverage by facet")).to_be_visible()
    picture(page, "report")


def box_of(node: Locator) -> FloatRect:
    """Return where `node` is on the page."""
    box = node.bounding_box()
    assert box is not None
    return box
