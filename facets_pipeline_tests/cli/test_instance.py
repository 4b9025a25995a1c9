"""The Dagster instance: one place for the command line and the UI, moved by the store's setting."""

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.cli.instance import SHIPPED_HOME, instance_home, open_instance
from facets_pipeline.domain.errors import SettingsError, StoreError
from facets_pipeline.settings import Settings
from facets_pipeline_tests.house.source_tree import ROOT


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own, with the default data folder."""
    for name in ("DAGSTER_HOME", "FACETS_DATA_DIR", "FACETS_DATABASE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _places(instance: DagsterInstance) -> set[str]:
    return {instance.root_directory, str(Path(instance.storage_directory()).parent)}


def _logs(instance: DagsterInstance) -> str:
    """Return where what steps print is kept."""
    return str(Path(instance.compute_log_manager._base_dir).parent)  # type: ignore[attr-defined]


def test_the_project_and_the_package_say_the_same() -> None:
    ours = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    assert ours == (SHIPPED_HOME / "dagster.yaml").read_text(encoding="utf-8")
    assert instance_home() == SHIPPED_HOME


def test_the_file_of_a_project_folder_counts_and_that_of_another_project_does_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert instance_home() == SHIPPED_HOME
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    assert instance_home() == tmp_path


def test_everything_is_kept_in_the_data_folder_and_can_be_moved_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(Settings.load()) as instance:
        assert _places(instance) == {str(tmp_path / ".facets" / "dagster")}
        instance.run_storage.set_cursor_values({"a": "kept"})
    (tmp_path / ".facets").rename(tmp_path / "moved")
    monkeypatch.setenv("FACETS_DATA_DIR", "moved")
    with open_instance(Settings.load()) as instance:
        assert _places(instance) == {str(tmp_path / "moved" / "dagster")}
        assert instance.run_storage.get_cursor_values({"a"}) == {"a": "kept"}


def test_dagster_itself_finds_the_same_with_and_without_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    with open_instance(Settings.load()) as instance:
        instance.run_storage.set_cursor_values({"a": "kept"})
    # Without a home, Dagster takes the working folder's file, and a folder that it removes again.
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with DagsterInstance.get() as instance:
        assert {*_places(instance), _logs(instance)} == {str(tmp_path / ".facets" / "dagster")}
        assert instance.run_storage.get_cursor_values({"a"}) == {"a": "kept"}
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", ".facets"}


@pytest.mark.postgres
def test_the_stores_setting_moves_the_instance_and_neither_harms_the_other(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    for _ in range(2):
        with open_instance(Settings.load()) as instance, Store.open(postgres_url) as store:
            # Each brings its tables up to date, and finds its own version.
            instance.upgrade()
            assert instance.get_runs_count() == 0
            assert store.releases.newest("CPT") is None
    assert not list(tmp_path.rglob("*.db"))
    with open_instance(Settings.load()) as instance:
        ref = instance.get_ref()
        instance.run_storage.set_cursor_values({"a": "kept"})
    assert postgres_url not in str(ref)
    with DagsterInstance.from_ref(ref) as instance:
        assert instance.run_storage.get_cursor_values({"a"}) == {"a": "kept"}


def test_a_writer_waits_for_another_one_longer_than_dagster_would(tmp_path: Path) -> None:
    with open_instance(Settings.load()) as instance:
        for storage in (instance.run_storage, instance.schedule_storage):
            assert isinstance(storage, SqliteRunStorage | SqliteScheduleStorage)
            with storage.connect() as connection:
                (milliseconds,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
            assert milliseconds == 60_000
    assert (tmp_path / ".facets" / "dagster" / "history" / "runs.db").exists()


def test_several_processes_create_it_at_once(database_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facets_pipeline.cli.instance"]
    environment = {"DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in started]
    assert said == [(f"{SHIPPED_HOME}\n".encode(), b"")] * 4


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


def test_a_database_that_cannot_be_reached_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_DATABASE_URL", f"postgresql://ann:secret@/x?host={tmp_path}")
    with pytest.raises(StoreError) as caught:
        open_instance(Settings.load())
    assert "secret" not in str(caught.value)
