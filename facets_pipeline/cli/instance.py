"""The Dagster instance of the command line: the same one that the UI uses.

`python -m facets_pipeline.cli.instance` creates it where needed and prints its folder, for
`DAGSTER_HOME` of Dagster's own commands.
"""

import os
import sys
from importlib import resources
from pathlib import Path

import dagster as dg
from filelock import FileLock

from facets_pipeline.domain.errors import FacetsError, SettingsError, StoreError
from facets_pipeline.settings import Settings


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance; create it first where needed, one process at a time.

    Raises:
        SettingsError: Its dagster.yaml cannot be used, or DAGSTER_HOME is not an absolute path.
        StoreError: Its folder cannot be written, or its database cannot be used.
    """
    folder = settings.instance_dir
    if not folder.is_absolute():
        raise SettingsError(f"DAGSTER_HOME is {str(folder)!r}: set it to an absolute path.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{folder.name}.lock"):
            _configure(folder)
            return _opened(folder)
    except OSError as error:
        raise StoreError(
            f"The folder {str(folder)!r} cannot be used for the Dagster instance "
            f"({error.strerror}): make it writable, or set FACETS_DATA_DIR to another folder."
        ) from error


def _configure(folder: Path) -> None:
    # A folder that DAGSTER_HOME names is somebody's own: what it lacks is left to Dagster.
    config = folder / "dagster.yaml"
    if os.environ.get("DAGSTER_HOME") or config.exists():
        return
    template = resources.files("facets_pipeline.cli").joinpath("instance.yaml")
    beside = config.with_suffix(".new")
    beside.write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    beside.replace(config)


def _opened(folder: Path) -> dg.DagsterInstance:
    try:
        instance = dg.DagsterInstance.from_config(str(folder))
    except dg.DagsterInvalidConfigError as error:
        first = error.errors[0].message.partition(". Expected")[0] if error.errors else str(error)
        raise SettingsError(
            f"{str(folder / 'dagster.yaml')!r} is no configuration of a Dagster instance "
            f"({first}): correct it, or set DAGSTER_HOME to another folder."
        ) from error
    # Asking creates what is created at the first use, while the lock is held.
    instance.get_runs_count()
    instance.get_latest_materialization_event(dg.AssetKey("raw_codes"))
    return instance


def main() -> None:
    """Create the instance where needed and print its folder."""
    settings = Settings.load()
    try:
        open_instance(settings).dispose()
    except FacetsError as error:
        sys.exit(f"facets: {error}")
    sys.stdout.write(f"{settings.instance_dir}\n")


if __name__ == "__main__":
    main()
