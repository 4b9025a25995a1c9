"""Where the Dagster instance keeps its state: the one setting that moves our tables moves it too.

`dagster.yaml` names these classes, since its format cannot say "Postgres if there is one, else the
data folder". Nothing is configured there: each process asks the settings, and no password stands
in what Dagster's processes hand to each other. What runs, and when, is in the other modules.
"""

from collections.abc import Mapping
from pathlib import Path

from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from facets_pipeline.adapters.store.creation_lock import creation_lock
from facets_pipeline.adapters.store.engines import BUSY_SECONDS
from facets_pipeline.adapters.store.urls import dagster_url, store_url
from facets_pipeline.settings import Settings


class _Unconfigured:
    """What the three classes that dagster.yaml names have in common."""

    @classmethod
    def config_type(cls) -> Mapping[str, object]:
        """Return what may be configured: nothing."""
        return {}


class InstanceStorage(_Unconfigured, DagsterStorage):
    """Runs, events and schedules: on the store's Postgres, else as SQLite files.

    Never made itself: `from_config_value` returns Dagster's own storage for either place.
    """

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> DagsterStorage:
        """Open the storage, creating it where needed, one process at a time.

        Raises:
            SettingsError: The store's address cannot be understood.
            StoreError: The place cannot be reached or written.
        """
        del config_value
        settings = Settings.load()
        if store_url(settings.store_url).get_backend_name() == "postgresql":
            return _postgres_storage(settings.store_url, inst_data)
        folder = settings.instance_dir
        # Several processes that create the same SQLite files at once crash each other.
        with creation_lock(store_url(str(folder / "instance.db"))):
            return PatientSqliteStorage.from_local(str(folder), inst_data)


class PatientSqliteStorage(DagsterSqliteStorage):
    """SQLite files whose writers wait for their turn as long as those of our own store do.

    Dagster waits that way for events, but gives up after 5 s where runs and schedules are written:
    too soon for four workers on a machine that is busy or has a slow disk.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the files in the folder `base_dir`, creating what is missing."""
        super().__init__(base_dir, inst_data)
        self._run_storage = SqliteRunStorage(_patient_address(Path(base_dir, "history"), "runs"))
        self._schedule_storage = SqliteScheduleStorage(
            _patient_address(Path(base_dir, "schedules"), "schedules")
        )


class DataFolderArtifacts(_Unconfigured, LocalArtifactStorage):
    """Files that Dagster keeps for itself, in the data folder."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> LocalArtifactStorage:
        """Return the files of the data folder that the settings name."""
        del config_value
        return LocalArtifactStorage(str(Settings.load().instance_dir), inst_data)


class DataFolderLogs(_Unconfigured, LocalComputeLogManager):
    """What steps print, in the data folder."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> LocalComputeLogManager:
        """Return the logs of the data folder that the settings name."""
        del config_value
        folder = Settings.load().instance_dir / "storage"
        return LocalComputeLogManager(str(folder), inst_data=inst_data)


def _patient_address(folder: Path, name: str) -> str:
    return f"{create_db_conn_string(str(folder), name)}?timeout={BUSY_SECONDS:g}"


def _postgres_storage(address: str, inst_data: ConfigurableClassData | None) -> DagsterStorage:
    # Dagster's tables stand beside ours: no name is shared, and each has a version table of its
    # own. Its storages hold no connection between two statements, except one each in the web
    # server, so that a laptop's instance needs about ten of a server's usual hundred.
    from dagster_postgres import DagsterPostgresStorage  # noqa: PLC0415 - a driver few need

    # Creating takes many statements, and Dagster's own retries give up after a second.
    with creation_lock(store_url(address)):
        return DagsterPostgresStorage(dagster_url(address), inst_data=inst_data)
