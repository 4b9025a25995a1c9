"""What Dagster shows of our figures: plain values become metadata here and in the pages beside it.

Numbers are numbers, so that they plot over time; what is not known is left out or said in words,
never a 0.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from facets_pipeline.domain.coverage import CoverageFigures
from facets_pipeline.domain.money import NANO
from facets_pipeline.report.markdown import render_markdown

if TYPE_CHECKING:
    Result = dg.MaterializeResult[Any]
else:
    # Dagster recognises an asset with checks by the bare class only.
    Result = dg.MaterializeResult

Metadata = dict[str, dg.MetadataValue]
"""Name to value, as Dagster shows it."""

OWNERS = ["team:clinical-data"]
"""Who is asked about the assets."""

FREE, PAID = {"cost": "free"}, {"cost": "paid"}
"""Tags: whether materialising an asset may spend money."""


def dollars(nano_usd: int | None) -> dg.MetadataValue:
    """Return a sum of nano-dollars in dollars; None is "unknown", for a 0 would be a lie."""
    if nano_usd is None:
        return dg.MetadataValue.text("unknown")
    return dg.MetadataValue.float(nano_usd / NANO)


def report_links(html: Path) -> Metadata:
    """Return how the report's page is reached: its path to copy, and its address."""
    return {
        "html": dg.MetadataValue.path(html),
        "html_address": dg.MetadataValue.url(html.as_uri()),
    }


def coverage_metadata(figures: CoverageFigures, html: Path, markdown: Path) -> Metadata:
    """Return what is shown of the coverage report."""
    numbers: Metadata = {}
    for system in figures.systems:
        counts = {
            "active": system.active,
            "answered": system.answered,
            "stale": system.stale,
            "in_review": system.in_review,
            "pending": system.pending,
        }
        numbers[f"coverage_{system.code_system}"] = dg.MetadataValue.float(system.coverage)
        numbers |= {
            f"{name}_{system.code_system}": dg.MetadataValue.int(count)
            for name, count in counts.items()
        }
    return {
        "report": dg.MetadataValue.md(render_markdown(figures)),
        **report_links(html),
        "markdown": dg.MetadataValue.path(markdown),
        **numbers,
    }
