"""Small contents for a store: codes, sources and loads that a test can spell out in a line."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import decision
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.releases import LoadMode, LoadReport, SourceDescription
from facets_pipeline.engine.fill import FillReport, fill
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord

DAY = date(2026, 3, 1)
"""The day on which the codes of these tests are active or not."""

PENDING = "A0009"
"""The code that nobody was asked about in a filled store."""

REVIEWED = "A0002"
"""The code that is in review in a filled store."""

ALL = Scope("HCPCS", DAY)
"""Every pending code of the system that these tests fill."""


def hcpcs(
    code: str,
    text: str = "drug for a test",
    *,
    effective_on: date | None = None,
    terminated_on: date | None = None,
    row: int = 0,
) -> Code:
    """Return a HCPCS code with a long descriptor and no other text."""
    return Code(
        "HCPCS",
        code,
        long_descriptor=text,
        effective_on=effective_on,
        terminated_on=terminated_on,
        row=row,
    )


def numbered(count: int, letter: str = "A") -> list[Code]:
    """Return that many codes, each with a text of its own."""
    return [hcpcs(f"{letter}{number:04d}", f"drug number {number}") for number in range(count)]


def source(name: str, *, has_dates: bool = False, code_system: str = "HCPCS") -> SourceDescription:
    """Return the description of a source whose digest is its name."""
    return SourceDescription(
        code_system=code_system,
        location=f"/codes/{name}",
        file=name,
        format="CSV",
        digest=f"digest of {name}",
        release="2026-01",
        has_dates=has_dates,
        found={"encoding": "utf-8"},
    )


def load(
    store: Store,
    name: str,
    rows: Iterable[Code | RowIssue],
    *,
    mode: LoadMode = LoadMode.NEXT,
    has_dates: bool = False,
    day: date = DAY,
) -> LoadReport:
    """Load rows as the HCPCS source called `name`."""
    return store.releases.load(source(name, has_dates=has_dates), rows, mode=mode, day=day)


def changes(report: LoadReport) -> dict[str, int]:
    """Return the changes that happened at all."""
    return {change: count for change, count in report.changes.items() if count}


def active(store: Store, day: date = DAY) -> dict[str, Code]:
    """Return the active HCPCS codes by their text."""
    return {code.code: code for code in store.codes.active("HCPCS", day)}


def answer_all(store: Store, annotator: FirstWord, scope: Scope = ALL) -> FillReport:
    """Make `annotator` the active one and let it answer everything that is pending."""
    store.recipes.choose(scope.code_system, annotator.recipe, reason="test")
    return fill(store.ledger, annotator, scope)


def filled_store(store: Store) -> Store:
    """Give a store ten codes: in review, never asked, with a new text, the others valid."""
    before = [*numbered(9)[:2], hcpcs(REVIEWED, f"{BREAKS_A_RULE} on purpose"), *numbered(9)[3:]]
    load(store, "old.csv", before)
    answer_all(store, FirstWord())
    load(store, "new.csv", [hcpcs("A0000", "drug renamed"), *before[1:], hcpcs(PENDING)])
    store.flat.refresh("HCPCS", DAY)
    return store


def rows(store: Store) -> dict[str, Mapping[str, Any]]:
    """Return all rows by code."""
    return {row["code"]: row for row in store.flat.rows()}


def statuses(store: Store) -> dict[str, str]:
    """Return the codes whose row is not valid, with their status."""
    return {code: row["status"] for code, row in rows(store).items() if row["status"] != "valid"}


def decide(
    store: Store, code: Code, facet: str, value: FacetValue | None, *, action: str = "set"
) -> None:
    """Record a person's decision on the text that `code` has."""
    row = {
        "code_system": code.code_system,
        "code": code.code,
        "descriptor_hash": code.descriptor_hash,
        "facet": facet,
        "value": value,
        "action": action,
        "decided_by": "ann",
        "decided_at": datetime(2026, 2, 1, tzinfo=UTC),
        "note": "",
    }
    with store.database.write() as connection:
        connection.execute(sa.insert(decision).values(row))


def refreshed(store: Store, code: str) -> Mapping[str, Any]:
    """Return the row of a code after a refresh."""
    store.flat.refresh("HCPCS", DAY)
    return rows(store)[code]


def counted(store: Store, table: sa.Table) -> int:
    """Return how many rows a table has."""
    with store.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
