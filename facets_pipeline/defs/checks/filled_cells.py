"""The checks of `llm_facets` together, for its own runs and for runs that fill many chunks at once.

A run of one partition returns their results. A run over all chunks, and one that fails, records
them by hand: Dagster knows of no result that a step did not return.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.budget_left import BUDGET_LEFT, budget_left
from facets_pipeline.defs.checks.chunk_complete import CHUNK_COMPLETE, chunk_complete
from facets_pipeline.defs.checks.green_chunks_complete import (
    GREEN_CHUNKS_COMPLETE,
    green_chunks_complete,
)
from facets_pipeline.defs.checks.raw_answers_keep_rules import (
    RAW_ANSWERS_KEEP_RULES,
    raw_answers_keep_rules,
)
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.errors import BudgetError, FacetsError

CELL_CHECKS = (CHUNK_COMPLETE, GREEN_CHUNKS_COMPLETE, RAW_ANSWERS_KEEP_RULES, BUDGET_LEFT)
"""What is checked whenever cells were filled."""


def check_cells(
    store: Store,
    instance: dg.DagsterInstance,
    filled: Sequence[str],
    incomplete: Sequence[CellFigures],
    error: FacetsError | None = None,
) -> list[dg.AssetCheckResult]:
    """Evaluate every check of `llm_facets`.

    Args:
        store: The store.
        instance: Which knows what is shown as materialised.
        filled: Keys of the partitions that the run filled; none for a trial, which completes
            nothing.
        incomplete: Those of them that have pending codes.
        error: What ended the run before its time; its cells do not become green.
    """
    return [
        *([chunk_complete(store, filled, incomplete)] if filled else []),
        green_chunks_complete(store, instance, () if error is not None else filled),
        raw_answers_keep_rules(store),
        budget_left(store, error if isinstance(error, BudgetError) else None),
    ]


@contextmanager
def cells_checked(
    context: dg.OpExecutionContext, store: Store, code_systems: Sequence[str], chunks: Sequence[str]
) -> Generator[None]:
    """Record the checks when the block has filled many cells, also where it failed.

    Args:
        context: The run, of an op that is no asset.
        store: The store.
        code_systems: The systems that the block fills; none for a trial, which completes nothing.
        chunks: The chunks of each that it fills; none for all.
    """

    def log(error: FacetsError | None = None) -> None:
        wanted = chunks or CHUNKS
        filled = [str(cell_key(name, chunk)) for name in code_systems for chunk in wanted]
        incomplete = [
            cell
            for name in code_systems
            for cell in store.cells.incomplete(name, store.today())
            if cell.chunk in wanted
        ]
        # Complete cells are shown by the block itself; the others stay as they are.
        for result in check_cells(store, context.instance, filled, incomplete, error):
            log_result(context, result)

    try:
        yield
    except FacetsError as error:
        log(error)
        raise
    log()


def log_result(
    context: dg.OpExecutionContext | dg.AssetExecutionContext, result: dg.AssetCheckResult
) -> None:
    """Record the result of a check of `llm_facets` as an event of this run."""
    evaluation = dg.AssetCheckEvaluation(
        asset_key=CHUNK_COMPLETE.asset_key,
        check_name=str(result.check_name),
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )
    # Dagster records it, though its signature does not say so.
    context.log_event(evaluation)  # pyright: ignore[reportArgumentType]
