"""Copying a SQLite store to a file while others write to it. A Postgres has tools of its own."""

import sqlite3
from pathlib import Path

from facets_pipeline.adapters.store.standing import Standing, standing_of
from facets_pipeline.adapters.store.urls import shown, store_url
from facets_pipeline.domain.errors import InputError, StoreError


def back_up(source: str, file: Path) -> int:
    """Write a SQLite store to a new file, as it was at one moment, and return its bytes.

    Others may read and write meanwhile. The file appears under its name when it is whole.

    Raises:
        SettingsError: The address cannot be understood.
        InputError: There is no store, it is a Postgres, or the file exists.
        StoreError: The store cannot be read, or the file cannot be written.
    """
    url = store_url(source)
    if url.get_backend_name() != "sqlite":
        raise InputError(
            f"The store {shown(url)} is a Postgres, which is backed up by its own tool: "
            f"pg_dump --format=custom --file={file} {shown(url)!r}."
        )
    if standing_of(source) is Standing.ABSENT:
        raise InputError(f"There is no store at {shown(url)}: name one with --db-url.")
    if file.exists():
        raise InputError(f"{str(file)!r} exists already: name a new file.")
    part = file.with_name(f"{file.name}.part")
    try:
        _write(Path(str(url.database)), part)
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The store {shown(url)} cannot be backed up to {str(file)!r} ({error}): make room or "
            "choose a folder that can be written, then run the command again."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def _write(source: Path, part: Path) -> None:
    reading = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)
    writing = sqlite3.connect(part)
    try:
        # All pages in one step: one state of the store, however much is written meanwhile.
        reading.backup(writing)
        # A file of its own, without a log beside it.
        writing.execute("PRAGMA journal_mode=DELETE")
        found = writing.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    finally:
        writing.close()
        reading.close()
