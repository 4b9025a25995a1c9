"""coverage_reached: each code system against the threshold that the settings name."""

import dagster as dg
import pytest

from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, text


def _report(runs: GraphRuns) -> dg.AssetCheckEvaluation:
    runs.materialize("validated_facets", "HCPCS")
    return check(runs.materialize("coverage_report"), "coverage_reached")


def test_each_system_is_measured_and_the_missing_codes_are_named(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.cell()
    found = _report(runs)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert float(text(found, "coverage_HCPCS")) < 1
    assert "A0021" in text(found, "by_system")
    assert "| HCPCS | 4 |" in text(found, "by_system")


def test_the_threshold_is_a_setting(runs: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.load(HCPCS)
    runs.cell()
    monkeypatch.setenv("FACETS_COVERAGE_THRESHOLD", "0.1")
    found = _report(runs)
    assert found.passed
    assert text(found, "threshold") == "0.1"
