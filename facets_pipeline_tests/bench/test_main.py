"""The bench's command: it prints a table, writes it for machines, and its exit code tells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from facets_pipeline_tests.bench.processes import REPOSITORY


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the bench as a process."""
    command = [sys.executable, "-m", "facets_pipeline_tests.bench", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.cli
def test_a_small_run_tells_tokens_and_exits_by_what_was_missed(tmp_path: Path) -> None:
    results = tmp_path / "bench.json"
    outcome = bench("tokens", "--scale", "0.003", "--store", "sqlite", "--json", results)
    assert outcome.stderr == ""
    lines = json.loads(results.read_text("utf-8"))["lines"]
    assert [line["what"].strip() for line in lines[:2]] == [
        "tokens per code: output",
        "input-equivalents",
    ]
    for line in lines:
        assert line["measured"] in outcome.stdout
    missed = any(line["ok"] is False for line in lines)
    assert outcome.returncode == (1 if missed else 0)


@pytest.mark.cli
def test_an_unknown_measure_is_refused_with_the_list() -> None:
    outcome = bench("speed")
    assert outcome.returncode == 2
    assert "'speed'" in outcome.stderr
    assert "new_account" in outcome.stderr
