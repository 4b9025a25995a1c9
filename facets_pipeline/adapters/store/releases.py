"""Releases: loading one in a single transaction, and reading what is recorded of them.

How its rows are compared with what is known is in `release_rows`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import counts_on
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.release_rows import Load, drop_absent, record_page
from facets_pipeline.adapters.store.schema import source_issue, source_release
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import Change, LoadMode, LoadReport, SourceDescription


class Releases:
    """Records releases of code systems in a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(
        self,
        source: SourceDescription,
        rows: Iterable[Code | RowIssue],
        *,
        mode: LoadMode,
        day: date,
    ) -> LoadReport:
        """Record `source` and what it changes, all or nothing.

        The newest release from the same place, loaded again, changes nothing; `FULL` insists.

        Args:
            source: What is read.
            rows: Its codes, and the rows that are none.
            mode: Whether codes that it lacks are gone.
            day: The day on which codes are active or not.

        Raises:
            SourceError: Too many codes would vanish, or whatever `rows` raises.
            StoreError: The store cannot be written.
        """
        with self._database.write() as connection:
            take_turn(connection, Turn.LOAD)
            newest = newest_on(connection, source.code_system)
            if newest is not None and mode != LoadMode.FULL and _is_same(newest, source):
                return _again(connection, source, newest, mode, day)
            before = counts_on(connection, source.code_system, day)
            release_id = _open(connection, source, self._database.now(connection))
            load = Load(source, release_id, day, before.active)
            for page in pages(rows):
                record_page(connection, load, page)
            if mode != LoadMode.PARTIAL:
                drop_absent(connection, load, mode)
            first = newest is None and mode == LoadMode.NEXT
            _close(connection, load, "first" if first else mode.value)
            return _report(connection, load, mode)

    def newest(self, code_system: str) -> Mapping[str, Any] | None:
        """Return the newest release of `code_system` as its row, or None if there is none."""
        with self._database.read() as connection:
            return newest_on(connection, code_system)

    def loaded(self) -> list[str]:
        """Return the code systems that have a release, in their usual order."""
        return [name for name in CODE_SYSTEMS if self.newest(name) is not None]

    def issues(self, release_id: int) -> list[RowIssue]:
        """Return the rows of a release that were skipped, refused or out of force, in order."""
        columns = source_issue.c
        query = (
            sa.select(
                columns.file, columns.row, columns.code, columns.kind, columns.rule, columns.message
            )
            .where(columns.release_id == release_id)
            .order_by(columns.issue_id)
        )
        with self._database.read() as connection:
            return [RowIssue(**row) for row in connection.execute(query).mappings()]


def newest_on(connection: sa.Connection, code_system: str) -> Mapping[str, Any] | None:
    """Return the newest release of `code_system` within a transaction, as its row, or None."""
    query = (
        sa.select(source_release)
        .where(source_release.c.code_system == code_system)
        .order_by(source_release.c.release_id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _open(connection: sa.Connection, source: SourceDescription, now: datetime) -> int:
    row = {
        "code_system": source.code_system,
        "location": source.location,
        "file": source.file,
        "format": source.format,
        "digest": source.digest,
        "release": source.release,
        "has_dates": source.has_dates,
        "mode": "open",
        "found": dict(source.found),
        "counts": {},
        "changes": {},
        "loaded_at": now,
    }
    query = sa.insert(source_release).values(row).returning(source_release.c.release_id)
    return int(connection.execute(query).scalar_one())


def _close(connection: sa.Connection, load: Load, mode: str) -> None:
    counts = {kind: dict(rules) for kind, rules in load.counts.items()}
    query = (
        sa.update(source_release)
        .where(source_release.c.release_id == load.release_id)
        .values(
            mode=mode,
            counts={"codes": load.codes, **counts, "still_terminated": load.still_terminated},
            changes=dict(load.changes),
        )
    )
    connection.execute(query)


def _report(connection: sa.Connection, load: Load, mode: LoadMode) -> LoadReport:
    counts = counts_on(connection, load.source.code_system, load.day)
    return LoadReport(
        release_id=load.release_id,
        source=load.source,
        mode=mode,
        already_loaded=False,
        codes=load.codes,
        skipped=dict(load.counts["skipped"]),
        refused=dict(load.counts["refused"]),
        changes={change.value: load.changes[change] for change in Change},
        active=counts.active,
        terminated=counts.terminated,
        not_yet_effective=counts.not_yet_effective,
        still_terminated=tuple(load.still_terminated),
    )


def _is_same(newest: Mapping[str, Any], source: SourceDescription) -> bool:
    # A file that was moved is recorded anew: its place is where it is read the next time.
    return newest["digest"] == source.digest and newest["location"] == source.location


def _again(
    connection: sa.Connection,
    source: SourceDescription,
    newest: Mapping[str, Any],
    mode: LoadMode,
    day: date,
) -> LoadReport:
    counts = counts_on(connection, source.code_system, day)
    read = newest["counts"]
    unchanged = {change.value: 0 for change in Change} | {Change.UNCHANGED.value: read["codes"]}
    return LoadReport(
        release_id=newest["release_id"],
        source=source,
        mode=mode,
        already_loaded=True,
        codes=read["codes"],
        skipped=read["skipped"],
        refused=read["refused"],
        changes=unchanged,
        active=counts.active,
        terminated=counts.terminated,
        not_yet_effective=counts.not_yet_effective,
        still_terminated=tuple(read["still_terminated"]),
    )
