"""Comparing the rows of a release with what is known, within the transaction that loads it.

Opening and closing the release itself is in `releases`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.key_set import KeySet
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.schema import code_history, source_issue
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import (
    Change,
    LoadMode,
    SourceDescription,
    change_of,
    inactive_reason,
    merged,
    refuse_vanishing,
)


@dataclass(slots=True)
class Load:
    """What one load has seen so far.

    Attributes:
        source: What is read.
        release_id: Its key in the store.
        day: The day on which codes are active or not.
        active_before: Active codes before it.
        listed: Rows of the code history that it states again, as they stand.
        counts: Kind of row issue to rule to number of rows.
        changes: `Change` to number of codes.
        still_terminated: Codes that it lists though they were terminated before, if it has no
            dates.
    """

    source: SourceDescription
    release_id: int
    day: date
    active_before: int
    listed: KeySet = field(default_factory=KeySet)
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {kind: Counter() for kind in ("skipped", "refused", "inactive")}
    )
    changes: Counter[str] = field(default_factory=Counter[str])
    still_terminated: list[str] = field(default_factory=list[str])

    @property
    def codes(self) -> int:
        """Codes that it lists."""
        return self.changes.total() - self.changes[Change.ABSENT]


def record_page(connection: sa.Connection, load: Load, page: Sequence[Code | RowIssue]) -> None:
    """Compare a page of rows with what is known; record what differs, and the rows to be named."""
    issues = [row for row in page if isinstance(row, RowIssue)]
    stated = {row.code: row for row in page if isinstance(row, Code)}
    known = _known(connection, load.source.code_system, list(stated))
    closing: list[str] = []
    opening: list[Code] = []
    for code in stated.values():
        before = known.get(code.code)
        after, change = _compared(load, before, code)
        load.changes[change] += 1
        if before is not None and change is Change.UNCHANGED:
            load.listed.add(before.history_id)
        else:
            opening.append(after)
            if before is not None:
                closing.append(code.code)
        issues.extend(_inactive(load, after))
    _close_codes(connection, load, closing)
    _open_codes(connection, load, opening, absent=False)
    _record_issues(connection, load, issues)


@dataclass(frozen=True, slots=True)
class _Known:
    """A code as it stood before, with the key of its row."""

    code: Code
    absent: bool
    history_id: int


def _known(connection: sa.Connection, code_system: str, codes: Sequence[str]) -> dict[str, _Known]:
    history = code_history.c
    query = sa.select(*CODE_COLUMNS, history.absent, history.history_id).where(
        history.code_system == code_system,
        history.until_release.is_(None),
        history.code.in_(codes),
    )
    return {
        row.code: _Known(Code(*row[:-2]), row.absent, row.history_id)
        for row in connection.execute(query)
    }


def _compared(load: Load, before: _Known | None, code: Code) -> tuple[Code, Change]:
    """Return the code as it stands from now on, and what became of it."""
    if before is None:
        return code, Change.ADDED
    after = merged(before.code, code, has_dates=load.source.has_dates)
    return after, change_of(before.code, after, was_absent=before.absent)


def _inactive(load: Load, code: Code) -> list[RowIssue]:
    reason = inactive_reason(code, load.day)
    if reason is None:
        return []
    rule, message = reason
    if rule == "terminated" and not load.source.has_dates:
        load.still_terminated.append(code.code)
        message = f"{message}, as an earlier source says; this one has no dates"
    return [RowIssue(load.source.file, code.row, code.code, "inactive", rule, message)]


def _record_issues(connection: sa.Connection, load: Load, issues: Sequence[RowIssue]) -> None:
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


def _close_codes(connection: sa.Connection, load: Load, codes: Sequence[str]) -> None:
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
    connection: sa.Connection, load: Load, codes: Sequence[Code], *, absent: bool
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


def drop_absent(connection: sa.Connection, load: Load, mode: LoadMode) -> None:
    """Mark the codes that a complete release lacks as absent.

    Those that start later are meant too: a withdrawn code must not come into force by its date.
    Terminated codes stay terminated, as releases drop them after a while.

    Raises:
        SourceError: Too many active codes would vanish, and `mode` does not say that they may.
    """
    absent = vanishing = 0
    for page in _absent_pages(connection, load):
        absent += len(page)
        vanishing += sum(code.is_active_on(load.day) for code in page)
    if mode != LoadMode.FULL:
        refuse_vanishing(load.source, active=load.active_before, vanishing=vanishing)
    load.changes[Change.ABSENT] = absent
    for page in _absent_pages(connection, load):
        _close_codes(connection, load, [code.code for code in page])
        _open_codes(connection, load, page, absent=True)


def _absent_pages(connection: sa.Connection, load: Load) -> Iterator[list[Code]]:
    """Yield the codes that the release lacks, of a page of codes at a time; they may be closed."""
    history, after = code_history.c, ""
    conditions = (
        history.code_system == load.source.code_system,
        history.until_release.is_(None),
        history.absent.is_(False),
        sa.or_(history.terminated_on.is_(None), history.terminated_on >= load.day),
        # What it adds or changes it lists.
        history.from_release != load.release_id,
    )
    while True:
        query = (
            sa.select(*CODE_COLUMNS, history.history_id)
            .where(*conditions, history.code > after)
            .order_by(history.code)
            .limit(PAGE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        yield [Code(*row[:-1]) for row in rows if row.history_id not in load.listed]
        after = rows[-1].code
