"""From a location to a recorded release: where a code system's source is, and loading it."""

from datetime import date
from pathlib import Path

from facets_pipeline.adapters.sources.opening import open_source
from facets_pipeline.adapters.sources.reference import open_reference
from facets_pipeline.adapters.sources.release import newest_in_folder
from facets_pipeline.adapters.sources.source import CodeSource, read_codes
from facets_pipeline.adapters.sources.sql_table import open_table
from facets_pipeline.adapters.store.references import ReferenceReport
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.releases import LoadMode, LoadReport, SourceDescription

SQL_PREFIX = "sql:"
"""Marks a location as a table of the store's own database."""


def source_location(store: Store, system: CodeSystem, stated: str, configured: str) -> str:
    """Return where the codes of `system` are: as stated, else configured, else as loaded last.

    Raises:
        SourceError: Nothing says where; the message says how to.
    """
    if stated or configured:
        return stated or configured
    newest = store.releases.newest(system.name)
    if newest is None:
        raise SourceError(
            f"No source is known for {system.name}: run `facets load FILE --code-system "
            f"{system.name}`, or set FACETS_{system.name}_SOURCE to a file, a folder or sql:TABLE."
        )
    return str(newest["location"])


def load_codes(
    store: Store, system: CodeSystem, location: str, *, mode: LoadMode, day: date
) -> LoadReport:
    """Read the source at `location` and record it as the newest release of `system`.

    Args:
        store: Where it is recorded.
        system: The code system that is wanted.
        location: A file, a folder whose newest release counts, or `sql:TABLE`.
        mode: How the source relates to what is known.
        day: The day on which codes are active or not.

    Raises:
        SourceError: It cannot be read, holds no code of `system`, or would drop too many codes.
        StoreError: The store cannot be written.
    """
    source = _opened(store, system, location)
    description = SourceDescription(
        code_system=system.name,
        location=location,
        file=source.file,
        format=source.format,
        digest=source.digest,
        release=source.release,
        has_dates=source.has_dates,
        found={
            "encoding": source.encoding,
            "columns": dict(source.columns),
            "notes": list(source.notes),
        },
    )
    return store.releases.load(description, read_codes(source, system), mode=mode, day=day)


def load_reference(store: Store, path: Path) -> ReferenceReport:
    """Read an official table (PPRRVU or RBCS) and record it as the newest of its kind.

    Raises:
        SourceError: It cannot be read as one.
        StoreError: The store cannot be written.
    """
    table = open_reference(path)
    rows = ((row.code, row.values) for row in table.rows())
    return store.references.load(table.kind, table.file, table.digest, table.release, rows)


def _opened(store: Store, system: CodeSystem, location: str) -> CodeSource:
    if location.startswith(SQL_PREFIX):
        url = store.database.url.render_as_string(hide_password=False)
        return open_table(url, location.removeprefix(SQL_PREFIX), system=system)
    path = Path(location).expanduser()
    return open_source(newest_in_folder(path) if path.is_dir() else path, system=system)
