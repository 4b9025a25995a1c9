"""chunk_complete: the chunks that the last run filled, whoever filled them."""

import dagster as dg
import pytest

from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline_tests.claude_server import Fault, RunningServer
from facets_pipeline_tests.defs.graph_runs import (
    CELL,
    HCPCS,
    GraphRuns,
    check,
    latest_check,
    text,
)


def test_a_filled_chunk_is_complete_and_named(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    found = check(runs.cell(), "chunk_complete")
    assert found.passed
    assert (text(found, "chunk"), text(found, "codes")) == (CELL, "none")


def test_a_run_over_all_chunks_is_checked_too(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = latest_check(runs.instance, "chunk_complete")
    assert found.passed
    assert text(found, "chunk") == f"{len(CHUNKS)} chunks"


def test_a_trial_completes_nothing_and_is_not_judged_by_that(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.cell()
    runs.fill(limit=1)
    assert text(latest_check(runs.instance, "chunk_complete"), "chunk") == CELL


def test_a_run_that_fails_says_which_codes_it_left(runs: GraphRuns, claude: RunningServer) -> None:
    runs.load(HCPCS)
    claude.admin.plan(Fault("unauthorized"))
    with pytest.raises(dg.Failure, match="ANTHROPIC_API_KEY"):
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"})
    found = latest_check(runs.instance, "chunk_complete")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert "G0008 (never asked)" in text(found, "codes")
    assert text(found, "incomplete") == CELL
