"""The command line's Dagster instance: where it keeps things, and that the UI looks there too."""

from pathlib import Path

import pytest
from dagster import DagsterInstance

from facets_pipeline.cli.instance import open_instance
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.settings import Settings
from facets_pipeline_tests.house.source_tree import ROOT


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, with the default data folder."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("FACETS_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


def _places(instance: DagsterInstance) -> dict[str, str]:
    ref = instance.get_ref()
    assert ref.storage_data is not None
    parts = {
        "storage": ref.storage_data,
        "artefacts": ref.local_artifact_storage_data,
        "compute logs": ref.compute_logs_data,
    }
    return {name: str(Path(data.config_dict["base_dir"]).resolve()) for name, data in parts.items()}


def test_the_project_and_the_command_line_keep_things_in_the_same_places() -> None:
    with open_instance(Settings.load()) as ours, DagsterInstance.from_config(str(ROOT)) as theirs:
        assert _places(ours) == _places(theirs)


def test_the_project_and_the_command_line_say_the_same_besides_places() -> None:
    with open_instance(Settings.load()) as ours, DagsterInstance.from_config(str(ROOT)) as theirs:
        assert ours.get_ref().settings == theirs.get_ref().settings
        assert set(ours.get_ref().settings) >= {"telemetry", "concurrency", "run_monitoring"}


def test_a_data_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_instance(Settings.load()) as instance:
        before = _places(instance)
    (tmp_path / ".facets").rename(tmp_path / "moved")
    monkeypatch.setenv("FACETS_DATA_DIR", "moved")
    with open_instance(Settings.load()) as instance:
        after = _places(instance)
    moved = {name: place.replace("/.facets/", "/moved/") for name, place in before.items()}
    assert moved != before
    assert after == moved


def test_a_dagster_home_of_somebody_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    with open_instance(Settings.load()) as instance:
        assert instance.root_directory == str(tmp_path / "home")
    assert not (tmp_path / "home" / "dagster.yaml").exists()
    monkeypatch.setenv("DAGSTER_HOME", "relative")
    with pytest.raises(SettingsError, match="absolute path"):
        open_instance(Settings.load())
