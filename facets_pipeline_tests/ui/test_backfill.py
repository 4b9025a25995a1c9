"""Loading codes and filling partitions by clicks, with the account's credit ending half-way."""

import pytest
from playwright.sync_api import expect

from facets_pipeline_tests.ui.conftest import Backfilled, Stopped
from facets_pipeline_tests.ui.pictures import picture
from facets_pipeline_tests.ui.stage import Stage
from facets_pipeline_tests.ui.visitor import Visitor

pytestmark = pytest.mark.ui

CELLS = 64
OF_HCPCS = 32


def test_codes_are_loaded_by_one_click_and_the_page_says_what_was_read(
    stage: Stage, visitor: Visitor, codes_loaded: str
) -> None:
    assert codes_loaded == "Success"
    page = visitor.open("/assets/raw_codes")
    expect(page.get_by_text("Row count")).to_be_visible()
    shown = page.locator("body")
    expect(shown).to_contain_text(str(len(stage.codes)))
    expect(shown).to_contain_text("hcpcs_sample.csv")
    expect(shown).to_contain_text("rows_left_out")


def test_a_failed_chunk_says_why_and_what_the_terminal_did_is_on_the_page(
    credit_ended: Stopped,
) -> None:
    assert credit_ended.exit_code == 1
    assert "credit is used up" in credit_ended.said
    assert credit_ended.outcome == "Failure"
    assert "credit is used up" in credit_ended.events
    assert "then run again" in credit_ended.events
    assert credit_ended.counts["Failed"] == 1
    # Calls were in flight when the first was refused, so that how many were complete may differ.
    assert 0 < credit_ended.counts["Materialized"] < OF_HCPCS
    assert sum(credit_ended.counts.values()) == CELLS


def test_a_backfill_of_only_failed_and_missing_runs_just_those_and_all_become_green(
    credit_ended: Stopped, backfilled: Backfilled
) -> None:
    left = OF_HCPCS - credit_ended.counts["Materialized"]
    assert f"Only {left} failed and missing" in backfilled.promised
    assert f"{left} partitions" in backfilled.overview
    assert backfilled.counts == {
        "Failed": 0,
        "Materialized": OF_HCPCS,
        "Materializing": 0,
        "Missing": CELLS - OF_HCPCS,
    }


def test_the_page_of_a_partition_says_what_it_cost(
    visitor: Visitor, backfilled: Backfilled
) -> None:
    assert backfilled.counts["Failed"] == 0
    page = visitor.open("/assets/llm_facets?view=partitions&partition=HCPCS|31")
    expect(page.get_by_text("HCPCS|31").first).to_be_visible()
    expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
    for label in ("codes", "answered", "in_review", "pending", "cost_usd", "output_tokens"):
        expect(page.get_by_text(label, exact=True)).to_be_visible()
    picture(page, "partitions")
