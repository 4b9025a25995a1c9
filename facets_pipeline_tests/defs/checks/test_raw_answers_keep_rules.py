"""raw_answers_keep_rules: many answers that break rules are told, though all were repaired."""

import dagster as dg

from facets_pipeline_tests.claude_server import RunningServer
from facets_pipeline_tests.defs.graph_runs import (
    BROKEN,
    HCPCS,
    GraphRuns,
    check,
    latest_check,
    text,
)

CODES = {f"A{number:04}": f"Thing number {number}" for number in range(50)}


def _filled(runs: GraphRuns, server: RunningServer, broken: int) -> dg.AssetCheckEvaluation:
    answers: dict[str, dict[str, object]] = {
        code: dict(BROKEN if place < broken else {"procedure_category": "drug"})
        for place, code in enumerate(CODES)
    }
    server.admin.answer_with(answers)
    runs.load(CODES)
    runs.fill(annotator="CLAUDE")
    return latest_check(runs.instance, "raw_answers_keep_rules")


def test_answers_that_keep_the_rules_are_green(runs: GraphRuns, claude: RunningServer) -> None:
    found = _filled(runs, claude, 0)
    assert found.passed
    assert (text(found, "answers_HCPCS"), text(found, "broken_share_HCPCS")) == ("50", "0.0")


def test_many_broken_answers_are_named_with_their_rule(
    runs: GraphRuns, claude: RunningServer
) -> None:
    found = _filled(runs, claude, 3)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    # Three codes were answered three times each before they went to review.
    assert text(found, "answers_HCPCS") == "56"
    assert text(found, "codes_HCPCS") == "A0000, A0001, A0002"
    assert "| HCPCS | R9 | 9 |" in text(found, "rules")


def test_a_few_answers_say_nothing_and_unknown_is_not_zero(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    before = check(runs.cell("CPT|00"), "raw_answers_keep_rules")
    assert before.passed
    assert text(before, "answers_HCPCS") == "0"
    assert "broken_share_HCPCS" not in before.metadata
