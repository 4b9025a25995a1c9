"""Dagster's own commands on the project: nothing to complain about, and one state for all."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline.sample import sample_file
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


@pytest.mark.daemon
def test_dagster_without_a_home_keeps_its_runs_where_the_project_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "FACETS_CPT_SOURCE": str(sample_file("CPT")),
        "FACETS_DATA_DIR": "elsewhere",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    tool = Path(sys.executable).with_name("dagster")
    command = [tool, "asset", "materialize", "--select", "raw_codes", "--partition", "CPT"]
    done = subprocess.run(
        [*command, "-m", "facets_pipeline.definitions"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with dg.DagsterInstance.local_temp(str(tmp_path / "elsewhere" / "dagster")) as instance:
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.SUCCESS
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", "elsewhere"}
