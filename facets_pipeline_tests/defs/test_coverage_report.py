"""coverage_report: two files, the shares, and a check that turns red without failing the run."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, shown


def test_the_report_is_written_and_linked(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.materialize("validated_facets", "HCPCS")
    result = runs.materialize("coverage_report")
    found = shown(result, "coverage_report")
    assert found["coverage_HCPCS"] == 1.0
    assert "coverage_CPT" not in found
    for name in ("html", "markdown"):
        assert "HCPCS" in Path(found[name]).read_text("utf-8")
    assert sorted(path.name for path in (runs.folder / "reports").iterdir()) == [
        "coverage_report.html",
        "coverage_report.md",
    ]
    assert check(result, "coverage_reached").passed


def test_what_a_killed_process_was_writing_is_removed_what_a_live_one_writes_is_not(
    runs: GraphRuns,
) -> None:
    runs.load(HCPCS)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    reports = runs.folder / "reports"
    reports.mkdir()
    ours = f"coverage_report.html.{socket.gethostname()}"
    theirs = f"coverage_report.html.another-{socket.gethostname()}.{ended.pid}"
    alive = f"{ours}.{os.getppid()}"
    for name in (f"{ours}.{ended.pid}", alive, theirs):
        (reports / name).write_text("half of a report")
    runs.materialize("coverage_report")
    assert {path.name for path in reports.iterdir()} == {
        "coverage_report.html",
        "coverage_report.md",
        alive,
        theirs,
    }


def test_low_coverage_is_an_error_for_people_while_the_report_still_stands(
    runs: GraphRuns,
) -> None:
    runs.load(HCPCS)
    result = runs.materialize("coverage_report")
    assert result.success
    evaluation = check(result, "coverage_reached")
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert evaluation.metadata["below"].value == {"HCPCS": 0.0}


def test_without_any_codes_coverage_is_not_reached(runs: GraphRuns) -> None:
    assert not check(runs.materialize("coverage_report"), "coverage_reached").passed


def test_a_folder_that_cannot_be_written_is_one_sentence(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    (runs.folder / "reports").write_text("in the way")
    with pytest.raises(dg.Failure, match="make the folder writable") as caught:
        runs.materialize("coverage_report")
    assert "\n" not in str(caught.value.description)
