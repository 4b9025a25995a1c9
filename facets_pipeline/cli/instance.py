"""The Dagster instance of the command line: the same one that the UI uses.

`python -m facets_pipeline.cli.instance` creates it where needed and prints the folder whose
dagster.yaml counts, for `DAGSTER_HOME` of Dagster's own commands. What that file names is in
`defs.instance_storage`.
"""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from filelock import FileLock

from facets_pipeline.defs import instance_storage
from facets_pipeline.domain.errors import FacetsError, SettingsError, StoreError
from facets_pipeline.settings import Settings

SHIPPED_HOME = Path(__file__).with_name("dagster_home")
"""A folder with the project's dagster.yaml, for working folders that have none."""

_NO_LOGS: Final = {
    "compute_logs": {
        "module": NoOpComputeLogManager.__module__,
        "class": NoOpComputeLogManager.__name__,
    }
}
"""A command's output is for its terminal. To keep it too, Dagster would start four processes for
each step, of which a kill at the wrong moment leaves one behind."""


def instance_home() -> Path:
    """Return the folder whose dagster.yaml counts.

    `DAGSTER_HOME` if it is set, else the working folder if it is the project's, else the one that
    comes with this package.

    Raises:
        SettingsError: DAGSTER_HOME is not an absolute path.
    """
    if stated := os.environ.get("DAGSTER_HOME"):
        if not Path(stated).is_absolute():
            raise SettingsError(f"DAGSTER_HOME is {stated!r}: set it to an absolute path.")
        return Path(stated)
    here = Path.cwd() / "dagster.yaml"
    # A file that keeps its state elsewhere belongs to another Dagster project.
    ours = here.is_file() and instance_storage.__name__ in here.read_text(encoding="utf-8")
    return here.parent if ours else SHIPPED_HOME


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance; create it first where needed, one process at a time.

    Raises:
        SettingsError: Its dagster.yaml cannot be used, or DAGSTER_HOME is not an absolute path.
        StoreError: Its folder cannot be written, or its database cannot be used.
    """
    home = instance_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _created_by_one(home):
            return _opened(home)
    except OSError as error:
        place = error.filename or settings.instance_dir
        raise StoreError(
            f"The folder {str(place)!r} cannot be used for the Dagster instance "
            f"({error.strerror}): make it writable, or set FACETS_DATA_DIR to another folder."
        ) from error


def _created_by_one(home: Path) -> AbstractContextManager[object]:
    # Our own storage locks by itself; a folder of somebody's may hold Dagster's, which does not.
    if os.environ.get("DAGSTER_HOME") and os.access(home, os.W_OK):
        return FileLock(home / "creation.lock")
    return nullcontext()


def _opened(home: Path) -> dg.DagsterInstance:
    try:
        instance = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=_NO_LOGS))
    except dg.DagsterInvalidConfigError as error:
        first = error.errors[0].message.partition(". Expected")[0] if error.errors else str(error)
        raise SettingsError(
            f"{str(home / 'dagster.yaml')!r} is no configuration of a Dagster instance "
            f"({first}): correct it, or set DAGSTER_HOME to another folder."
        ) from error
    # Asking creates what is created at the first use, while the lock is held.
    instance.get_runs_count()
    instance.get_latest_materialization_event(dg.AssetKey("raw_codes"))
    return instance


def main() -> None:
    """Create the instance where needed and print the folder whose dagster.yaml counts."""
    try:
        open_instance(Settings.load()).dispose()
    except FacetsError as error:
        sys.exit(f"facets: {error}")
    sys.stdout.write(f"{instance_home()}\n")


if __name__ == "__main__":
    main()
