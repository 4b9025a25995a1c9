"""Releases of a code system: what a new source changes, and when it may not.

A source is taken as the complete list of its system unless it is loaded as partial. A source
without dates neither revives nor terminates a code: dates that are known stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError

VANISH_LIMIT = 0.05
"""Largest share of the active codes that may vanish without being told to."""


class LoadMode(StrEnum):
    """How a source relates to what is known."""

    NEXT = "next"
    """A complete release; refused if too many codes would vanish."""
    PARTIAL = "partial"
    """An extract: merged, nothing vanishes."""
    FULL = "full"
    """A complete release, whatever vanishes."""


class Change(StrEnum):
    """What a source means for one code."""

    ADDED = "added"
    CHANGED = "changed"
    UPDATED = "updated"
    RETURNED = "returned"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What is recorded of a source.

    Attributes:
        code_system: The system that it lists.
        location: The path as given, or `sql:TABLE`.
        file: Its name.
        format: What the reader took it for.
        digest: SHA-256 (hex) of its bytes, or of its rows for a table.
        release: Label of the release.
        has_dates: Whether it states effective or termination dates.
        found: What the reader found: encoding, columns, notes.
    """

    code_system: str
    location: str
    file: str
    format: str
    digest: str
    release: str
    has_dates: bool
    found: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading a source did.

    Attributes:
        release_id: Its key in the store.
        source: The source.
        mode: How it was loaded.
        already_loaded: Whether it was the newest release before, so that nothing was done.
        codes: Distinct codes of the system that it lists.
        skipped: Rule to rows left out on purpose.
        refused: Rule to rows that could not be used.
        changes: `Change` to number of codes.
        active: Active codes of the system after it.
        terminated: Codes that are out of force by date.
        not_yet_effective: Codes that are not in force yet.
        still_terminated: Codes that it lists though an earlier source with dates terminated them.
    """

    release_id: int
    source: SourceDescription
    mode: LoadMode
    already_loaded: bool
    codes: int
    skipped: Mapping[str, int]
    refused: Mapping[str, int]
    changes: Mapping[str, int]
    active: int
    terminated: int
    not_yet_effective: int
    still_terminated: tuple[str, ...]


def merged(known: Code, stated: Code, *, has_dates: bool) -> Code:
    """Return what is true after a source states `stated` of a code known as `known`.

    Texts that the source does not give stay, so that descriptor files of one kind each can be
    loaded after one another; dates stay if the source has none.
    """
    return replace(
        stated,
        short_descriptor=stated.short_descriptor or known.short_descriptor,
        long_descriptor=stated.long_descriptor or known.long_descriptor,
        plain_descriptor=stated.plain_descriptor or known.plain_descriptor,
        category=stated.category or known.category,
        effective_on=stated.effective_on if has_dates else known.effective_on,
        terminated_on=stated.terminated_on if has_dates else known.terminated_on,
    )


def change_of(known: Code, after: Code, *, was_absent: bool) -> Change:
    """Tell what the difference between `known` and `after` is called."""
    if was_absent:
        return Change.RETURNED
    if known.descriptor_hash != after.descriptor_hash:
        return Change.CHANGED
    return Change.UNCHANGED if known == after else Change.UPDATED


def refuse_vanishing(source: SourceDescription, *, active: int, vanishing: int) -> None:
    """Stop a release under which too many active codes would vanish.

    Raises:
        SourceError: More than `VANISH_LIMIT` of the active codes are not in the source.
    """
    if vanishing > active * VANISH_LIMIT:
        raise SourceError(
            f"{source.file!r} lacks {vanishing:,} of the {active:,} active {source.code_system} "
            f"codes: load it with --partial if it is an extract, or with --full if they are gone; "
            f"nothing was changed."
        )


def inactive_reason(code: Code, day: date) -> tuple[str, str] | None:
    """Return rule and sentence for a code that is not in force on `day`; None for an active one."""
    if code.terminated_on is not None and code.terminated_on < day:
        return "terminated", f"{code.code} ended on {code.terminated_on.isoformat()}"
    if code.effective_on is not None and code.effective_on > day:
        return "not_yet_effective", f"{code.code} starts on {code.effective_on.isoformat()}"
    return None
