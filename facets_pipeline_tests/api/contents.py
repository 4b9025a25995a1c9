"""The store that the search is tried on: the sample, answered by rules, and some odd codes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx2
import sqlalchemy as sa
from fastapi.testclient import TestClient

from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
from facets_pipeline.adapters.loading import load_codes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.fill import fill
from facets_pipeline.engine.ports import Scope
from facets_pipeline.sample import sample_file
from facets_pipeline_tests.adapters.store.contents import decide, load

PENDING: Final = Code("HCPCS", "A0009", long_descriptor="A code that nobody was asked about")
ODD: Final = Code(
    "HCPCS",
    "A0008",
    long_descriptor="<script>alert('x')</script> & \"quoted\", and/or x-ray of 100% O'Hara_wood",
)
"""A descriptor with everything that a page or a query could trip over."""

IN_DOUBT: Final = ("99213", "99214", "70450")
"""Codes with values in doubt; the sample has none by itself, for it is answered by rules alone."""

SEARCH: Final = "/api/v1/procedure/faceted-search"

Row = Mapping[str, Any]


def fill_with_sample(url: str) -> list[Row]:
    """Fill a new store and return its flat rows, in order."""
    with Store.open(url) as store:
        day = store.today()
        annotator = RulesAnnotator()
        for system in CODE_SYSTEMS.values():
            source = str(sample_file(system.name))
            load_codes(store, system, source, mode=LoadMode.NEXT, day=day)
            store.recipes.choose(system.name, annotator.recipe, reason="test")
            if system.name == ODD.code_system:
                load(store, "odd", [ODD], mode=LoadMode.PARTIAL, day=day)
            fill(store.ledger, annotator, Scope(system.name, day))
        load(store, "pending", [PENDING], mode=LoadMode.PARTIAL, day=day)
        decide(store, ODD, "complexity_level", "complex")
        for system in CODE_SYSTEMS:
            store.flat.refresh(system, day)
        with store.database.write() as connection:
            table = store.flat.table
            doubtful = sa.update(table).where(table.c.code.in_(IN_DOUBT))
            connection.execute(doubtful.values(in_doubt=2))
        return list(store.flat.rows())


def change(url: str) -> None:
    """Let a person decide on a code, and show it: the data change."""
    with Store.open(url) as store:
        decide(store, PENDING, "procedure_category", "supply")
        store.flat.refresh(PENDING.code_system, store.today())


def every_page(client: TestClient, **parameters: str | list[str]) -> list[dict[str, Any]]:
    """Return the items of all pages of a search."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        response = client.get(SEARCH, params={**parameters, "cursor": cursor})
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["items"]) <= int(str(parameters.get("limit", "50")))
        found += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


def keys(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the codes of rows or items."""
    return [(row["code_system"], row["code"]) for row in rows]


def those(rows: Sequence[Row], passes: Callable[[Row], bool]) -> list[tuple[str, str]]:
    """Return the codes of the rows that pass."""
    return keys([row for row in rows if passes(row)])


def detail(response: httpx2.Response) -> str:
    """Return the sentence of a refusal."""
    document = response.json()
    assert set(document) == {"detail"}
    return str(document["detail"])
