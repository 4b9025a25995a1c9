"""The page of `validated_facets`: how the rows of a code system stand, and some of them to read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from facets_pipeline.adapters.store.review_backlog import review_backlog
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.checks.distribution_drift import DISTRIBUTION
from facets_pipeline.defs.checks.green_chunks_complete import why_table
from facets_pipeline.defs.metadata import Metadata, report_links
from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.coverage import SystemFigures
from facets_pipeline.domain.drift import distribution_of
from facets_pipeline.domain.facets import CODEBOOK

SHOWN_ROWS = 12
"""Rows that are shown, spread evenly over the codes."""

TITLE_CHARACTERS = 60
"""How much of a descriptor is shown."""


def rows_metadata(
    store: Store, system: CodeSystem, figures: SystemFigures, rows: int, report: Path
) -> Metadata:
    """Return what is shown of the rows of a code system.

    Args:
        store: The store, with a fresh flat table.
        system: The code system; where its text is not public, no descriptor is shown.
        figures: How its codes stand.
        rows: How many rows there are.
        report: Where the HTML report is, if it was made.
    """
    counts = {
        "dagster/row_count": rows,
        "active": figures.active,
        "answered": figures.answered,
        "stale": figures.stale,
        "in_review": figures.in_review,
        "in_doubt": review_backlog(store.database, store.flat, system.name, 0).in_doubt,
        "pending": figures.pending,
    }
    return {
        "sample": dg.MetadataValue.md(_sample(store, system)),
        "pending_chunks": dg.MetadataValue.md(_pending(store, system)),
        "coverage": dg.MetadataValue.float(figures.coverage),
        "decided_share": dg.MetadataValue.float(figures.decided),
        DISTRIBUTION: dg.MetadataValue.json(distribution_of(figures)),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
        **(report_links(report.resolve()) if report.is_file() else {}),
    }


def _sample(store: Store, system: CodeSystem) -> str:
    rows = [
        (
            row["code"],
            row["descriptor"][:TITLE_CHARACTERS] if system.public_text else "not shown",
            row["status"],
            _said(row),
        )
        for row in store.flat.spread(system.name, SHOWN_ROWS)
    ]
    headings = ("code", "descriptor", "status", "facets")
    return markdown.table(headings, rows, empty="There is no active code.")


def _pending(store: Store, system: CodeSystem) -> str:
    return why_table(store, store.cells.incomplete(system.name, store.today()))


def _said(row: Mapping[str, Any]) -> str:
    values = ((facet, row[facet]) for facet in CODEBOOK.names)
    return ", ".join(f"{facet} {value}" for facet, value in values if value is not None) or "none"
