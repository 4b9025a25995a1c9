"""What is told of a partition of `llm_facets` that failed: how far it came, and what to do now."""

import dagster as dg

from facets_pipeline.adapters.store.cells import CellSpending
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.filled_cells import check_cells, log_result
from facets_pipeline.defs.failing import is_passing
from facets_pipeline.defs.metadata import Metadata, dollars
from facets_pipeline.domain.errors import FacetsError

RUN_AGAIN = "Run it again: what was answered costs nothing, and only what is pending is asked."


def cell_failure(
    context: dg.AssetExecutionContext,
    store: Store,
    cell: tuple[str, str],
    error: FacetsError,
) -> Metadata:
    """Record the checks of a run that fails, and return the metadata of its failure.

    Args:
        context: The run.
        store: The store.
        cell: Code system and chunk.
        error: Why it fails.
    """
    code_system, chunk = cell
    figures = store.cells.of_chunk(code_system, chunk, store.today())
    spent = store.cells.spent(code_system, context.run.run_id).get(chunk, CellSpending())
    for result in check_cells(store, context.instance, [figures], error):
        log_result(context, result)
    by_itself = "It is tried again by itself, twice at most. " if is_passing(error) else ""
    return {
        "cell": dg.MetadataValue.text(context.partition_key),
        "codes": dg.MetadataValue.int(figures.codes),
        "answered": dg.MetadataValue.int(figures.answered),
        "in_review": dg.MetadataValue.int(figures.in_review),
        "pending": dg.MetadataValue.int(figures.pending),
        "asked_now": dg.MetadataValue.int(spent.asked),
        "cost_usd": dollars(spent.nano_usd),
        "cause": dg.MetadataValue.text(str(error)),
        "remedy": dg.MetadataValue.text(
            f"{by_itself}{RUN_AGAIN}"
            if is_passing(error)
            else f"First do what the cause says. {RUN_AGAIN}"
        ),
    }
