"""The page of a partition of `llm_facets`: counts, tokens, cost, speed, and the codes left open."""

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures, CellSpending
from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.metadata import Metadata, dollars
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.ports import Scope

SHOWN_DIGITS = 12
"""Of a recipe's hash: enough to tell recipes apart, and to find one in the store."""

SHOWN_CODES = 20
"""Codes in review, and pending ones, that are named on a partition's page."""


def cell_metadata(store: Store, cell: CellFigures, report: FillReport, seconds: float) -> Metadata:
    """Return what is shown of a partition after a run of its own.

    Args:
        store: The store.
        cell: How the partition stands now.
        report: What the run did.
        seconds: How long it took.
    """
    counts = {
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
        **_standing(cell),
        "cost_usd": dollars(report.cost_nano_usd),
        **_speed(report.calls, seconds),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
        **_details(store, cell),
    }


def shown_cell_metadata(store: Store, cell: CellFigures, spent: CellSpending) -> Metadata:
    """Return what is shown of a partition that a run over all chunks completed.

    Args:
        store: The store.
        cell: How the partition stands now.
        spent: What the run spent on it.
    """
    counts = {
        "asked_now": spent.asked,
        "reused": max(0, cell.codes - cell.pending - spent.asked),
        "repaired": spent.repaired,
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "cache_read_tokens": spent.cache_read_tokens,
        "cache_write_tokens": spent.cache_write_tokens,
        "output_tokens": spent.output_tokens,
    }
    return {
        **_standing(cell),
        "cost_usd": dollars(spent.nano_usd),
        **({} if spent.seconds is None else _speed(spent.calls, spent.seconds)),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
        **_details(store, cell),
    }


def _standing(cell: CellFigures) -> Metadata:
    counts = {
        "dagster/partition_row_count": cell.codes,
        "codes": cell.codes,
        "answered": cell.answered,
        "in_review": cell.in_review,
        "pending": cell.pending,
    }
    return {name: dg.MetadataValue.int(number) for name, number in counts.items()}


def _details(store: Store, cell: CellFigures) -> Metadata:
    return {
        "codes_in_review": dg.MetadataValue.md(_review(store, cell)),
        "codes_pending": dg.MetadataValue.md(_pending(store, cell)),
        "recipe": dg.MetadataValue.text(cell.recipe_id[:SHOWN_DIGITS] or "none chosen yet"),
    }


def _speed(calls: int, seconds: float) -> Metadata:
    took: Metadata = {"seconds": dg.MetadataValue.float(round(seconds, 3))}
    if calls and seconds > 0:
        # Where nobody was called there is no speed, and a 0 would pull the plot down.
        took["requests_per_minute"] = dg.MetadataValue.float(round(60 * calls / seconds, 1))
    return took


def _review(store: Store, cell: CellFigures) -> str:
    if not cell.in_review:
        return "No code is in review."
    scope = Scope(cell.code_system, store.today(), cell.chunk)
    rows = [
        (code.code, code.reason, code.attempts, code.since.date().isoformat())
        for code in OpenCodes(store.database).review(scope, SHOWN_CODES)
    ]
    told = markdown.table(("code", "reason", "answers", "since"), rows, empty="")
    return told + _and_more(cell.in_review)


def _pending(store: Store, cell: CellFigures) -> str:
    if not cell.pending:
        return "No code is pending."
    scope = Scope(cell.code_system, store.today(), cell.chunk)
    rows = [
        (code.code, code.why.value, code.detail)
        for code in OpenCodes(store.database).pending(scope, SHOWN_CODES)
    ]
    told = markdown.table(("code", "why", "what was wrong"), rows, empty="")
    return told + _and_more(cell.pending)


def _and_more(count: int) -> str:
    return f"\n\n… and {count - SHOWN_CODES:,} more." if count > SHOWN_CODES else ""
