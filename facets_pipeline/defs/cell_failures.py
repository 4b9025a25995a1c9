"""What is told of a run that failed while it filled cells: how far it came, and what to do now."""

from collections.abc import Sequence

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures, CellSpending
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.filled_cells import check_cells, log_result
from facets_pipeline.defs.failing import is_passing
from facets_pipeline.defs.metadata import Metadata, dollars
from facets_pipeline.domain.errors import FacetsError

RUN_AGAIN = "Run it again: what was answered costs nothing, and only what is pending is asked."
FIRST_ACT = "First do what the cause says. "


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
    incomplete = [figures] if figures.pending else []
    for result in check_cells(store, context.instance, [context.partition_key], incomplete, error):
        log_result(context, result)
    by_itself = "It is tried again by itself, twice at most. "
    return {
        "cell": dg.MetadataValue.text(context.partition_key),
        **_how_far([figures], spent.asked),
        "cost_usd": dollars(spent.nano_usd),
        "cause": dg.MetadataValue.text(str(error)),
        "remedy": dg.MetadataValue.text(
            f"{by_itself if is_passing(error) else FIRST_ACT}{RUN_AGAIN}"
        ),
    }


def fill_failure(
    run_id: str, store: Store, code_systems: Sequence[str], error: FacetsError
) -> Metadata:
    """Return the metadata of the failure of a run over many cells.

    Args:
        run_id: The run.
        store: The store.
        code_systems: What it was to fill.
        error: Why it fails.
    """
    day = store.today()
    cells = [cell for name in code_systems for cell in store.cells.of_system(name, day).values()]
    spent = [each for name in code_systems for each in store.cells.spent(name, run_id).values()]
    costs = [each.nano_usd for each in spent]
    known = None if None in costs else sum(cost or 0 for cost in costs)
    return {
        **_how_far(cells, sum(each.asked for each in spent)),
        "cost_usd": dollars(known),
        "cause": dg.MetadataValue.text(str(error)),
        "remedy": dg.MetadataValue.text(f"{'' if is_passing(error) else FIRST_ACT}{RUN_AGAIN}"),
    }


def _how_far(cells: Sequence[CellFigures], asked: int) -> Metadata:
    counts = {
        "codes": sum(cell.codes for cell in cells),
        "answered": sum(cell.answered for cell in cells),
        "in_review": sum(cell.in_review for cell in cells),
        "pending": sum(cell.pending for cell in cells),
        "asked_now": asked,
    }
    return {name: dg.MetadataValue.int(count) for name, count in counts.items()}
