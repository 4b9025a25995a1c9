"""Dagster's own looks at the project: nothing to complain about, and no warning of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from facets_pipeline_tests.house.source_tree import ROOT


@pytest.mark.daemon
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("dg", "check", "defs"), "All definitions loaded successfully."),
        (("dagster", "definitions", "validate"), "All code locations passed validation."),
    ],
)
def test_dagsters_own_checks_find_nothing(
    command: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "FACETS_DATA_DIR": str(tmp_path / "data"),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [tool, *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    everything = done.stdout + done.stderr
    assert done.returncode == 0, everything
    assert said in everything
    # The second command warns that the first one is to be used; that is not ours to change.
    ours = [line for line in everything.splitlines() if "Warning" in line]
    assert [line for line in ours if "SupersessionWarning" not in line] == []
    assert "match the virtual environment" not in everything
