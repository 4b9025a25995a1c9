"""The instance that the root dagster.yaml describes: private, beside the store, never stuck."""

from pathlib import Path

import pytest
from dagster import DagsterInstance

from facets_pipeline_tests.house.source_tree import ROOT


def test_the_instance_keeps_everything_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACETS_DATA_DIR", raising=False)
    with DagsterInstance.from_config(str(ROOT)) as instance:
        assert instance.get_runs() == []
        assert instance.root_directory == str(tmp_path / ".facets" / "dagster")
        assert instance.compute_log_manager is not None
    assert [path.name for path in tmp_path.iterdir()] == [".facets"]
    assert (tmp_path / ".facets" / "dagster" / "history").is_dir()


def test_the_instance_sends_nothing_and_stops_no_long_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with DagsterInstance.from_config(str(ROOT)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 0
        assert instance.run_retries_enabled
        assert not instance.run_retries_retry_on_asset_or_op_failure
        limits = instance.get_concurrency_config()
        assert limits.run_queue_config is not None
        assert limits.run_queue_config.max_concurrent_runs == 4
        assert limits.pool_config.default_pool_limit is None


def test_the_workspace_names_the_module_of_the_graph() -> None:
    lines = (ROOT / "workspace.yaml").read_text("utf-8").splitlines()
    content = [line for line in lines if line and not line.startswith("#")]
    assert content == ["load_from:", "  - python_module: facets_pipeline.definitions"]
