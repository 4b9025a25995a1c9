"""What the pages show, as plain values: sections of filters, codes in a list, one code.

Which words stand for a value belongs here; how it looks, in `templates` and `search.css`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from facets_pipeline.adapters.store.search_shapes import IN_DOUBT, Asked, Found, Record
from facets_pipeline.api import links
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.reconciliation import REFERENCE
from facets_pipeline.domain.validation import Status, why_empty
from facets_pipeline.report.words import moment, plain

_WRITTEN: Final = {
    "asc": "ASC",
    "ct": "CT",
    "dexa": "DEXA",
    "dme": "DME",
    "mri": "MRI",
    "pet": "PET",
    "xray": "X-ray",
}
"""Values that are not written like other words."""

_SHORT_LIST: Final = 6
"""Values up to which a list keeps the codebook's order (levels); a longer one begins with many."""

_OPEN_SECTIONS: Final = 4
"""Sections that stand open at first, from the top; so does one in which something is chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, to be chosen or taken back.

    Attributes:
        label: Its name for people.
        codes: Codes that it finds under the other filters.
        width: Length of its bar, 0 to 100.
        chosen: Whether it is chosen.
        address: The page with it changed.
    """

    label: str
    codes: int
    width: int
    chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class Section:
    """One filter.

    Attributes:
        title: Its heading.
        choices: Values that find a code or are chosen.
        chosen: How many are chosen.
        is_open: Whether it stands open.
    """

    title: str
    choices: tuple[Choice, ...]
    chosen: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class SearchView:
    """The page of a search.

    Attributes:
        total: Codes that were found.
        sections: The filters.
        chosen: What is chosen: filter, value, the page without it.
        items: The codes of this page.
        first: The first page; empty if this is it.
        following: The next page; empty if this is the last.
        cleared: The page without any filter; empty if there is none.
    """

    total: int
    sections: tuple[Section, ...]
    chosen: tuple[tuple[str, str, str], ...]
    items: tuple[Mapping[str, Any], ...]
    first: str
    following: str
    cleared: str


def search_view(asked: Asked, found: Found, codebook: Codebook) -> SearchView:
    """Return what the page of a counted search shows."""
    assert found.counts is not None  # noqa: S101 - a page is always counted
    counts = found.counts.by_filter
    vocabularies = _vocabularies(codebook)
    sections = [
        _section(asked, name, title, values, counts[name], is_early=place < _OPEN_SECTIONS)
        for place, (name, (title, values)) in enumerate(vocabularies.items())
    ]
    chosen = [
        (vocabularies[name][0], label(value), links.address(links.toggled(asked, name, value)))
        for name, values in asked.chosen.items()
        for value in values
    ]
    if asked.text:
        chosen.append(("Words", asked.text, links.address(replace(asked, text="", after=None))))
    next_place = found.next_place
    return SearchView(
        total=found.counts.total,
        sections=tuple(section for section in sections if section.choices),
        chosen=tuple(chosen),
        items=tuple(_item(row, codebook) for row in found.rows),
        first=links.address(replace(asked, after=None)) if asked.after else "",
        following=links.address(replace(asked, after=next_place)) if next_place else "",
        cleared="/" if chosen else "",
    )


def code_view(record: Record, codebook: Codebook) -> dict[str, Any]:
    """Return what the page of one code shows."""
    row, kept = record.row, record.row["opinions"]
    decisions = [
        {
            **each,
            "title": codebook.facet(each["facet"]).title
            if each["facet"] in codebook.names
            else each["facet"],
            "label": _named(each["value"]),
            "at": moment(each["decided_at"]),
        }
        for each in record.decisions
    ]
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        "descriptor": row["descriptor"],
        "status": row["status"],
        "status_label": label(row["status"]),
        "reason": kept.get("reason", ""),
        "facets": [_facet(facet, row, kept) for facet in codebook.facets],
        "source": kept.get("source", ""),
        "recipe": record.recipe,
        "recipe_id": row["recipe"],
        "at": moment(row["updated_at"]) if isinstance(row["updated_at"], datetime) else "",
        "decisions": decisions,
        "as_json": f"{links.API}/{row['code_system']}/{row['code']}",
    }


def label(value: FacetValue) -> str:
    """Return a value's name for people: "head_neck" is "Head neck", "ct" is "CT"."""
    words = plain(value)
    return _WRITTEN.get(words, words[:1].upper() + words[1:])


def _vocabularies(codebook: Codebook) -> dict[str, tuple[str, tuple[FacetValue, ...]]]:
    """Return every filter's title and values, in the order of the page."""
    return {
        "code_system": ("Code system", tuple(CODE_SYSTEMS)),
        **{facet.name: (facet.title, facet.vocabulary) for facet in codebook.facets},
        "status": ("Status", tuple(status.value for status in Status)),
        IN_DOUBT: ("In doubt", (True, False)),
    }


def _section(
    asked: Asked,
    name: str,
    title: str,
    values: tuple[FacetValue, ...],
    counts: Mapping[FacetValue, int],
    *,
    is_early: bool,
) -> Section:
    chosen = asked.chosen.get(name, ())
    shown = [value for value in values if counts.get(value) or value in chosen]
    if len(values) > _SHORT_LIST:
        shown.sort(key=lambda value: -counts.get(value, 0))
    most = max((counts.get(value, 0) for value in shown), default=0)
    choices = tuple(
        Choice(
            label=label(value),
            codes=counts.get(value, 0),
            width=max(1, round(100 * counts.get(value, 0) / most)) if counts.get(value) else 0,
            chosen=value in chosen,
            address=links.address(links.toggled(asked, name, value)),
        )
        for value in shown
    )
    return Section(title, choices, len(chosen), is_early or bool(chosen))


def _item(row: Mapping[str, Any], codebook: Codebook) -> dict[str, Any]:
    status = Status(row["status"])
    category, *others = codebook.facets
    given = [(f.title, label(row[f.name])) for f in others if row[f.name] is not None]
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        "descriptor": row["descriptor"],
        "category": "" if row[category.name] is None else label(row[category.name]),
        "facets": given,
        "status": "" if status is Status.VALID else label(status.value),
        "doubts": row[IN_DOUBT],
    }


def _facet(facet: Facet, row: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    value: FacetValue | None = row[facet.name]
    stated = _part(kept, "stated", facet.name)
    second = _part(kept, "second", facet.name)
    by_person: list[Any] = kept.get("decisions", {}).get(facet.name) or []
    chosen: list[Any] = kept.get("chosen", {}).get(facet.name) or []
    meanings = {each.name: each.meaning for each in facet.values}
    ours, other = (second, stated) if chosen and chosen[0] == REFERENCE else (stated, second)
    basis = f"decided by {by_person[1]}" if by_person else str(ours[1])
    return {
        "title": facet.title,
        "value": None if value is None else label(value),
        "meaning": "" if value is None else meanings.get(value, ""),
        "address": "" if value is None else links.only(facet.name, value),
        "empty": "" if value is not None else why_empty(Status(row["status"])).value,
        "basis": basis,
        "decided": bool(by_person) or bool(ours[2]),
        "why": "" if by_person or not chosen else str(chosen[1]),
        "other": f"{_named(other[0])} ({other[1]})" if chosen and other[1] else "",
        "doubt": kept.get("doubts", {}).get(facet.name, ""),
    }


def _part(kept: Mapping[str, Any], name: str, facet: str) -> list[Any]:
    """Return one source's value, basis and whether it is decided; nothing stated gives no basis."""
    return kept.get(name, {}).get(facet) or [None, "", False]


def _named(value: FacetValue | None) -> str:
    return "no value" if value is None else label(value)
