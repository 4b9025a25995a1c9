"""Codes that wait for a person: why, at which facet, and in which order.

What is in doubt at all is `reconciliation`; what a person may say to it is `deciding`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from heapq import nsmallest
from operator import itemgetter
from typing import Any

from facets_pipeline.domain.bases import POLICY, BasisKind, kind_of
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue, Stated
from facets_pipeline.domain.repairing import objections
from facets_pipeline.domain.validation import Status

LEADING = ("imaging_modality", "body_system", "em_patient_type", "em_level")
"""Facets that bind others (R5 to R8, R12), after the category that binds most: a mistake in one of
them makes the values that follow from it wrong as well."""

Row = Mapping[str, Any]
"""A row of the flat table: column to value."""


class Cause(IntEnum):
    """Why a code waits, the more pressing the smaller."""

    LAPSED = 0
    """A person decided on an earlier descriptor: work that was done once and may be lost."""
    BROKEN = 1
    """The answer breaks rules, and the second opinion could not repair it."""
    UNANSWERED = 2
    """There is no usable answer."""
    DOUBT = 3
    """The row has values, but two sources differ."""

    @property
    def title(self) -> str:
        """The cause in words."""
        return _TITLES[self]


_TITLES = {
    Cause.LAPSED: "descriptor changed after a decision",
    Cause.BROKEN: "breaks a rule",
    Cause.UNANSWERED: "no usable answer",
    Cause.DOUBT: "two sources differ",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that a person should look at, and the facet that matters most in it.

    Attributes:
        code_system: Its system.
        code: The code.
        cause: Why it waits.
        facet: The facet at issue.
        said: The answer's value of it; None for none.
        second: The second opinion's value; None for none.
        basis: What the second opinion rests on; empty if there is none.
        facets: All facets at issue, the one that matters most first.
        why: One line for a person.
    """

    code_system: str
    code: str
    cause: Cause
    facet: str
    said: FacetValue | None
    second: FacetValue | None
    basis: str
    facets: tuple[str, ...]
    why: str


def ranked(rows: Iterable[Row], codebook: Codebook, *, most: int | None = None) -> list[Waiting]:
    """Return the codes of `rows` in the order in which a person's look is worth most.

    Codes without values come before those in doubt: a lapsed decision, a broken rule, no answer.
    Then the category, then facets that bind others, then all others; where the second opinion has
    the stronger basis before where it guesses; more facets at issue before fewer; then by code.

    Args:
        rows: Rows of the flat table; each is let go of once it is read.
        codebook: Their facets.
        most: Only so many, the first ones; None for all.
    """
    found = (_placed(row, codebook) for row in rows)
    if most is not None:
        return [item for _, item in nsmallest(most, found, key=itemgetter(0))]
    return [item for _, item in sorted(found, key=itemgetter(0))]


def _placed(row: Row, codebook: Codebook) -> "tuple[_Place, Waiting]":
    item = _waiting(row, codebook)
    return _key(item, row, codebook), item


def _waiting(row: Row, codebook: Codebook) -> Waiting:
    document: Mapping[str, Any] = row["opinions"]
    cause, at_issue = _cause(row, document, codebook)
    facets = sorted(at_issue, key=lambda facet: _weight(facet, document, codebook))
    first = facets[0]
    second = _second(document, first)
    reason = str(document.get("reason", ""))
    if cause is Cause.DOUBT:
        reason = document.get("chosen", {}).get(first, ["", ""])[1]
    return Waiting(
        code_system=row["code_system"],
        code=row["code"],
        cause=cause,
        facet=first,
        said=document.get("stated", {}).get(first, [None])[0],
        second=second.value if second is not None else None,
        basis=second.basis if second is not None else "",
        facets=tuple(facets),
        why=reason or cause.title,
    )


def _cause(row: Row, document: Mapping[str, Any], codebook: Codebook) -> tuple[Cause, list[str]]:
    """Return why a code waits and which facets are at issue; there is at least one."""
    doubts = [facet for facet in document.get("doubts", {}) if facet in codebook.names]
    if row["status"] != Status.IN_REVIEW.value:
        return Cause.DOUBT, doubts or [codebook.category.name]
    lapsed = [facet for facet in document.get("lapsed_decisions", {}) if facet in codebook.names]
    if lapsed:
        return Cause.LAPSED, lapsed
    made = {facet: parts[0] for facet, parts in document.get("decisions", {}).items()}
    stated = {facet: parts[0] for facet, parts in document.get("stated", {}).items()}
    if not stated and not made:
        return Cause.UNANSWERED, [codebook.category.name]
    answer = codebook.complete({**stated, **made})
    at_fault = objections(Code(row["code_system"], row["code"]), answer, codebook)
    if not at_fault:
        return Cause.UNANSWERED, [codebook.category.name]
    return Cause.BROKEN, list(dict.fromkeys(at_fault))


def _second(document: Mapping[str, Any], facet: str) -> Stated | None:
    parts = document.get("second", {}).get(facet)
    return None if parts is None else Stated(*parts)


def _weight(facet: str, document: Mapping[str, Any], codebook: Codebook) -> tuple[int, float, int]:
    """Return what sorts the more important facet first."""
    place = codebook.names.index(facet)
    binds = 0 if facet == codebook.category.name else 1 if facet in LEADING else 2
    second = _second(document, facet)
    kind = BasisKind.GUESS if second is None else kind_of(second)
    return binds, -POLICY[kind].belief, place


_Place = tuple[int, int, float, int, str, str]
"""Sorts the more pressing code first; no two codes have the same."""


def _key(item: Waiting, row: Row, codebook: Codebook) -> _Place:
    binds, belief, _ = _weight(item.facet, row["opinions"], codebook)
    return item.cause, binds, belief, -len(item.facets), item.code_system, item.code
