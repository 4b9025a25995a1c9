"""green_chunks_complete: what a release or recipe left pending in partitions that stay green."""

import dagster as dg

from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline_tests.defs.graph_runs import (
    CELL,
    HCPCS,
    GraphRuns,
    check,
    latest_check,
    text,
)

RENAMED = {**HCPCS, "G0008": "Giving a flu vaccine by another name"}


def test_what_was_filled_and_has_not_changed_is_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = latest_check(runs.instance, "green_chunks_complete")
    assert found.passed
    assert text(found, "why") == "No code is pending."


def test_chunks_that_were_never_run_are_not_green_and_not_meant(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert check(runs.cell(), "green_chunks_complete").passed


def test_a_new_descriptor_turns_it_red_at_once_and_filling_turns_it_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.load(RENAMED)
    assert CELL in runs.instance.get_materialized_partitions(dg.AssetKey("llm_facets"))
    red = latest_check(runs.instance, "green_chunks_complete")
    assert not red.passed
    assert red.severity is dg.AssetCheckSeverity.WARN
    assert text(red, "chunks") == CELL == f"HCPCS|{chunk_of('G0008')}"
    assert "1 descriptor changed" in text(red, "why")
    runs.fill()
    assert latest_check(runs.instance, "green_chunks_complete").passed
