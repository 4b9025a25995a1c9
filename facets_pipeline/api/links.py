"""Addresses of the API and of the pages; the same choice has one address."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from facets_pipeline.adapters.store.search_shapes import Asked
from facets_pipeline.api.parameters import DEFAULT_LIMIT, cursor_of
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.opinions import FacetValue

API: Final = "/api/v1/procedure"
"""Where the documents of the API are."""

SEARCH: Final = f"{API}/faceted-search"


def pairs(asked: Asked, *, text: bool = True) -> list[tuple[str, str]]:
    """Return what was chosen as names and values, without the place; without the text on wish."""
    found = [(name, shown(value)) for name, values in asked.chosen.items() for value in values]
    if text and asked.text:
        found.append(("q", asked.text))
    if asked.limit != DEFAULT_LIMIT:
        found.append(("limit", str(asked.limit)))
    return found


def address(asked: Asked, path: str = "/") -> str:
    """Return the address of the page of this search."""
    found = pairs(asked)
    if asked.after is not None:
        found.append(("cursor", cursor_of(asked.after)))
    return f"{path}?{urlencode(found)}" if found else path


def toggled(asked: Asked, name: str, value: FacetValue) -> Asked:
    """Return the search with one value more, or less if it was chosen; from its first page."""
    before = asked.chosen.get(name, ())
    after = tuple(v for v in before if v != value) if value in before else (*before, value)
    chosen = {**asked.chosen, name: after}
    return replace(asked, chosen={n: v for n, v in chosen.items() if v}, after=None)


def only(name: str, value: FacetValue) -> str:
    """Return the address of all codes that have one value."""
    return address(Asked(chosen={name: (value,)}))
