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
from facets_pipeline.defs.partitions import cell_key, chunk_partitions

VERSION_TAG = "dagster/data_version"


def show_cells(
    context: dg.OpExecutionContext, store: Store, code_system: str, chunks: Sequence[str] = ()
) -> int:
    """Show the complete partitions of a code system that changed since last shown; return how many.

    One that is red is shown too: whatever failed there, nothing is left to be asked. One with
    pending codes is not shown: whoever runs it next asks exactly those.

    Args:
        context: The run that shows them.
        store: The store.
        code_system: Its partitions.
        chunks: Only these; empty for all.
    """
    spent = store.cells.spent(code_system, context.run_id)
    cells = store.cells.of_system(code_system, store.today())
    complete = [
        cell for chunk, cell in cells.items() if chunk in (chunks or cells) and not cell.pending
    ]
    failed = _shown_failed(context.instance, complete)
    changed = [
        cell
        for cell in complete
        if _key(cell) in failed or _shown_version(context.instance, cell) != cell.version
    ]
    for cell in changed:
        context.log_event(_materialization(store, cell, spent.get(cell.chunk, CellSpending())))
    return len(changed)


def _key(cell: CellFigures) -> str:
    return str(cell_key(cell.code_system, cell.chunk))


def _shown_failed(instance: dg.DagsterInstance, cells: Sequence[CellFigures]) -> set[str]:
    """Return the partitions that are red, though nothing may have changed since they were green."""
    keys = [_key(cell) for cell in cells]
    known = instance.get_status_by_partition(llm_facets.key, keys, chunk_partitions) or {}
    return {key for key, status in known.items() if status and status.value == "FAILED"}


def _shown_version(instance: dg.DagsterInstance, cell: CellFigures) -> str | None:
    newest = dg.AssetRecordsFilter(llm_facets.key, asset_partitions=[_key(cell)])
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
