"""What Dagster shows of our figures: plain values become metadata here and nowhere else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures, CellSpending
from facets_pipeline.domain.coverage import CoverageFigures
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import LoadReport
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.report.markdown import render_markdown

if TYPE_CHECKING:
    Result = dg.MaterializeResult[Any]
else:
    # Dagster recognises an asset with checks by the bare class only.
    Result = dg.MaterializeResult

Metadata = dict[str, dg.MetadataValue]
"""Name to value, as Dagster shows it."""

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

SHOWN_ISSUES = 50
"""Rows named on an asset's page; all of them are in the store."""


def load_metadata(report: LoadReport, issues: Sequence[RowIssue]) -> Metadata:
    """Return what is shown of a loaded release."""
    counts = {
        "dagster/row_count": report.codes,
        "active": report.active,
        "terminated": report.terminated,
        "not_yet_effective": report.not_yet_effective,
        "skipped": sum(report.skipped.values()),
        "refused": sum(report.refused.values()),
        **report.changes,
    }
    return {
        "source": dg.MetadataValue.text(report.source.location),
        "release": dg.MetadataValue.text(report.source.release),
        "format": dg.MetadataValue.text(report.source.format),
        "digest": dg.MetadataValue.text(report.source.digest),
        "found": dg.MetadataValue.json(dict(report.source.found)),
        "rows_left_out": dg.MetadataValue.md(_issue_table(issues)),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
    }


def cell_metadata(cell: CellFigures, report: FillReport, seconds: float) -> Metadata:
    """Return what is shown of one partition of facets."""
    counts = {
        "dagster/partition_row_count": cell.codes,
        "codes": cell.codes,
        "answered": cell.answered,
        "in_review": cell.in_review,
        "pending": cell.pending,
        "asked_now": report.asked,
        "reused": cell.answered + cell.in_review - report.asked,
        "repaired": report.repaired,
        "calls": report.calls,
        "calls_refused": report.refused,
        "calls_in_doubt": report.in_doubt,
        "input_tokens": report.input_tokens,
        "cache_read_tokens": report.cache_read_tokens,
        "cache_write_tokens": report.cache_write_tokens,
        "output_tokens": report.output_tokens,
    }
    return {
        "recipe": dg.MetadataValue.text(cell.recipe_id),
        "cost_usd": _dollars(report.cost_nano_usd),
        "requests_per_minute": dg.MetadataValue.float(round(60 * report.calls / seconds, 1)),
        "seconds": dg.MetadataValue.float(round(seconds, 3)),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
    }


def shown_cell_metadata(cell: CellFigures, spent: CellSpending) -> Metadata:
    """Return what is shown of a partition that a run over all chunks completed."""
    counts = {
        "dagster/partition_row_count": cell.codes,
        "codes": cell.codes,
        "answered": cell.answered,
        "in_review": cell.in_review,
        "pending": cell.pending,
        "asked_now": spent.asked,
        "reused": max(0, cell.codes - cell.pending - spent.asked),
        "input_tokens": spent.input_tokens,
        "cache_read_tokens": spent.cache_read_tokens,
        "cache_write_tokens": spent.cache_write_tokens,
        "output_tokens": spent.output_tokens,
    }
    return {
        "recipe": dg.MetadataValue.text(cell.recipe_id),
        "cost_usd": _dollars(spent.nano_usd),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
    }


def _dollars(nano_usd: int | None) -> dg.MetadataValue:
    # Shown as text where it is not known: a 0 in the plot would be a lie.
    if nano_usd is None:
        return dg.MetadataValue.text("unknown")
    return dg.MetadataValue.float(nano_usd / NANO)


def coverage_metadata(figures: CoverageFigures, html: str, markdown: str) -> Metadata:
    """Return what is shown of the coverage report."""
    shares = {
        f"coverage_{system.code_system}": dg.MetadataValue.float(system.coverage)
        for system in figures.systems
    }
    return {
        "report": dg.MetadataValue.md(render_markdown(figures)),
        "html": dg.MetadataValue.path(html),
        "markdown": dg.MetadataValue.path(markdown),
        **shares,
    }


def _issue_table(issues: Sequence[RowIssue]) -> str:
    if not issues:
        return "None."
    lines = ["| row | code | kind | rule | why |", "|---:|---|---|---|---|"]
    for issue in issues[:SHOWN_ISSUES]:
        cells = (str(issue.row), issue.code, issue.kind, issue.rule, issue.message)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    if len(issues) > SHOWN_ISSUES:
        lines.append(
            f"\n… and {len(issues) - SHOWN_ISSUES:,} more: `facets load --json` names all."
        )
    return "\n".join(lines)
