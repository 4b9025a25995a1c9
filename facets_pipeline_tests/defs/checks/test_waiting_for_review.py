"""review_backlog: what waits for a person, as a share of the codes."""

import dagster as dg
import pytest

from facets_pipeline_tests.claude_server import RunningServer
from facets_pipeline_tests.defs.graph_runs import BROKEN, HCPCS, GraphRuns, check, shown, text


def test_without_codes_in_review_it_is_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = check(runs.materialize("validated_facets", "HCPCS"), "review_backlog")
    assert found.passed
    assert (text(found, "in_review_HCPCS"), text(found, "in_doubt_HCPCS")) == ("0", "0")


def test_more_than_one_code_in_five_is_too_much_and_is_named(
    runs: GraphRuns, claude: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second opinion would mend the answer.
    monkeypatch.setenv("FACETS_RECONCILE", "claude")
    claude.admin.answer_with({"A0021": dict(BROKEN)})
    runs.load(HCPCS)
    runs.fill(annotator="CLAUDE")
    result = runs.materialize("validated_facets", "HCPCS")
    assert shown(result, "validated_facets")["in_review"] == 1
    found = check(result, "review_backlog")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert (text(found, "in_review_HCPCS"), text(found, "share_HCPCS")) == ("1", "0.25")
    assert "| HCPCS | 1 | 0 | 25.0% |" in text(found, "backlog")
    assert "A0021" in text(found, "backlog")
