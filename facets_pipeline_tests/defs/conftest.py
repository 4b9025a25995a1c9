"""A data folder, an instance and a way to run jobs, all of them gone after the test."""

from collections.abc import Generator
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns


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


@pytest.fixture
def claude(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[RunningServer]:
    """A local Claude API that calls every code of the tests a drug, which breaks no rule."""
    assert data_folder, "the environment is clean before the key is set"
    with running_server() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", server.api_key)
        server.admin.answer_with({code: {"procedure_category": "drug"} for code in HCPCS})
        yield server
