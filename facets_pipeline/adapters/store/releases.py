"""Loading a release: one transaction that compares a source with what is known and records both."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, counts_on, in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import PAGE, pages
from facets_pipeline.adapters.store.schema import code_history, source_issue, source_release
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import (
    Change,
    LoadMode,
    LoadReport,
    SourceDescription,
    change_of,
    inactive_reason,
    merged,
    refuse_vanishing,
)


@dataclass(slots=True)
class _Load:
    """What one load has seen so far."""

    source: SourceDescription
    release_id: int
    day: date
    active_before: int
    seen: set[str] = field(default_factory=set[str])
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {kind: Counter() for kind in ("skipped", "refused", "inactive")}
    )
    changes: Counter[str] = field(default_factory=Counter[str])
    still_terminated: list[str] = field(default_factory=list[str])


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
            newest = newest_on(connection, source.code_system)
            if newest is not None and newest["digest"] == source.digest and mode != LoadMode.FULL:
                return _again(connection, source, newest, day)
            before = counts_on(connection, source.code_system, day)
            release_id = _open(connection, source, self._database.now(connection))
            load = _Load(source, release_id, day, before.active)
            for page in pages(rows):
                _record_page(connection, load, page)
            if mode != LoadMode.PARTIAL:
                _drop_absent(connection, load, mode)
            first = newest is None and mode == LoadMode.NEXT
            _close(connection, load, "first" if first else mode.value)
            return _report(connection, load, mode)

    def newest(self, code_system: str) -> Mapping[str, Any] | None:
        """Return the newest release of `code_system` as its row, or None if there is none."""
        with self._database.read() as connection:
            return newest_on(connection, code_system)

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


def _record_page(connection: sa.Connection, load: _Load, page: Sequence[Code | RowIssue]) -> None:
    issues = [row for row in page if isinstance(row, RowIssue)]
    stated = {row.code: row for row in page if isinstance(row, Code)}
    known = _known(connection, load.source.code_system, list(stated))
    closing: list[str] = []
    opening: list[Code] = []
    for code in stated.values():
        before = known.get(code.code)
        after = code if before is None else merged(before[0], code, has_dates=load.source.has_dates)
        change = (
            Change.ADDED if before is None else change_of(before[0], after, was_absent=before[1])
        )
        load.changes[change] += 1
        if change is not Change.UNCHANGED:
            opening.append(after)
            if before is not None:
                closing.append(code.code)
        issues.extend(_inactive(load, after))
    load.seen.update(stated)
    _close_codes(connection, load, closing)
    _open_codes(connection, load, opening, absent=False)
    _record_issues(connection, load, issues)


def _known(
    connection: sa.Connection, code_system: str, codes: Sequence[str]
) -> dict[str, tuple[Code, bool]]:
    query = sa.select(*CODE_COLUMNS, code_history.c.absent).where(
        code_history.c.code_system == code_system,
        code_history.c.until_release.is_(None),
        code_history.c.code.in_(codes),
    )
    return {row.code: (Code(*row[:-1]), row.absent) for row in connection.execute(query)}


def _inactive(load: _Load, code: Code) -> list[RowIssue]:
    reason = inactive_reason(code, load.day)
    if reason is None:
        return []
    rule, message = reason
    if rule == "terminated" and not load.source.has_dates:
        load.still_terminated.append(code.code)
        message = f"{message}, as an earlier source says; this one has no dates"
    return [RowIssue(load.source.file, code.row, code.code, "inactive", rule, message)]


def _record_issues(connection: sa.Connection, load: _Load, issues: Sequence[RowIssue]) -> None:
    for issue in issues:
        load.counts[issue.kind][issue.rule] += 1
    if issues:
        rows = [
            {
                "release_id": load.release_id,
                "file": issue.file,
                "row": issue.row,
                "code": issue.code,
                "kind": issue.kind,
                "rule": issue.rule,
                "message": issue.message,
            }
            for issue in issues
        ]
        connection.execute(sa.insert(source_issue), rows)


def _close_codes(connection: sa.Connection, load: _Load, codes: Sequence[str]) -> None:
    if codes:
        query = (
            sa.update(code_history)
            .where(
                code_history.c.code_system == load.source.code_system,
                code_history.c.until_release.is_(None),
                code_history.c.code.in_(codes),
            )
            .values(until_release=load.release_id)
        )
        connection.execute(query)


def _open_codes(
    connection: sa.Connection, load: _Load, codes: Sequence[Code], *, absent: bool
) -> None:
    rows = [
        {
            "code_system": code.code_system,
            "code": code.code,
            "chunk": chunk_of(code.code),
            "short_descriptor": code.short_descriptor,
            "long_descriptor": code.long_descriptor,
            "plain_descriptor": code.plain_descriptor,
            "category": code.category,
            "descriptor_hash": code.descriptor_hash,
            "effective_on": code.effective_on,
            "terminated_on": code.terminated_on,
            "absent": absent,
            "from_release": load.release_id,
        }
        for code in codes
    ]
    if rows:
        connection.execute(sa.insert(code_history), rows)


def _drop_absent(connection: sa.Connection, load: _Load, mode: LoadMode) -> None:
    active = sa.select(*CODE_COLUMNS).where(*in_force(load.source.code_system, load.day))
    rows = connection.execute(active.execution_options(yield_per=PAGE))
    absent = [Code(*row) for row in rows if row.code not in load.seen]
    if mode != LoadMode.FULL:
        refuse_vanishing(load.source, active=load.active_before, vanishing=len(absent))
    load.changes[Change.ABSENT] = len(absent)
    for page in pages(absent):
        _close_codes(connection, load, [code.code for code in page])
        _open_codes(connection, load, page, absent=True)


def _close(connection: sa.Connection, load: _Load, mode: str) -> None:
    counts = {kind: dict(rules) for kind, rules in load.counts.items()}
    query = (
        sa.update(source_release)
        .where(source_release.c.release_id == load.release_id)
        .values(
            mode=mode,
            counts={"codes": len(load.seen), **counts, "still_terminated": load.still_terminated},
            changes=dict(load.changes),
        )
    )
    connection.execute(query)


def _report(connection: sa.Connection, load: _Load, mode: LoadMode) -> LoadReport:
    counts = counts_on(connection, load.source.code_system, load.day)
    return LoadReport(
        release_id=load.release_id,
        source=load.source,
        mode=mode,
        already_loaded=False,
        codes=len(load.seen),
        skipped=dict(load.counts["skipped"]),
        refused=dict(load.counts["refused"]),
        changes={change.value: load.changes[change] for change in Change},
        active=counts.active,
        terminated=counts.terminated,
        not_yet_effective=counts.not_yet_effective,
        still_terminated=tuple(load.still_terminated),
    )


def _again(
    connection: sa.Connection, source: SourceDescription, newest: Mapping[str, Any], day: date
) -> LoadReport:
    counts = counts_on(connection, source.code_system, day)
    read = newest["counts"]
    unchanged = {change.value: 0 for change in Change} | {Change.UNCHANGED.value: read["codes"]}
    return LoadReport(
        release_id=newest["release_id"],
        source=source,
        mode=LoadMode.NEXT,
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
