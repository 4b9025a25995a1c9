"""Showing partitions from a run over all chunks: what the ledger completed becomes green.

A run of its own for each of 64 partitions would take longer than the work; an event takes
milliseconds and says the same.
"""

from collections.abc import Sequence

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures, CellSpending
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.cell_page import shown_cell_metadata
from facets_pipeline.defs.llm_facets import llm_facets
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.defs.resources import today

VERSION_TAG = "dagster/data_version"


def show_cells(
    context: dg.OpExecutionContext, store: Store, code_system: str, chunks: Sequence[str] = ()
) -> int:
    """Show the complete partitions of a code system that changed since last shown; return how many.

    A partition with pending codes is not shown: whoever runs it next asks exactly those.

    Args:
        context: The run that shows them.
        store: The store.
        code_system: Its partitions.
        chunks: Only these; empty for all.
    """
    spent = store.cells.spent(code_system, context.run_id)
    changed = [
        cell
        for cell in store.cells.of_system(code_system, today()).values()
        if (not chunks or cell.chunk in chunks)
        and not cell.pending
        and _shown_version(context.instance, cell) != cell.version
    ]
    for cell in changed:
        context.log_event(_materialization(store, cell, spent.get(cell.chunk, CellSpending())))
    return len(changed)


def _shown_version(instance: dg.DagsterInstance, cell: CellFigures) -> str | None:
    newest = dg.AssetRecordsFilter(
        llm_facets.key, asset_partitions=[str(cell_key(cell.code_system, cell.chunk))]
    )
    for record in instance.fetch_materializations(newest, limit=1).records:
        event = record.asset_materialization
        return (event.tags or {}).get(VERSION_TAG) if event is not None else None
    return None


def _materialization(
    store: Store, cell: CellFigures, spent: CellSpending
) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        asset_key=llm_facets.key,
        partition=cell_key(cell.code_system, cell.chunk),
        metadata=shown_cell_metadata(store, cell, spent),
        tags={VERSION_TAG: cell.version},
    )
