"""A data folder, an instance and a way to run jobs, all of them gone after the test."""

from collections.abc import Generator
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline_tests.defs.graph_runs import GraphRuns


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder that the settings name; nothing else of the environment counts."""
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL", "DAGSTER_HOME", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("FACETS_CPT_SOURCE", "FACETS_HCPCS_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FACETS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def runs(data_folder: Path) -> Generator[GraphRuns]:
    """Runs jobs of the graph on an instance of its own."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield GraphRuns(data_folder, instance)
