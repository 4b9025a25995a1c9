"""Working on some partitions: asked for in one run where they are many, then each of them shown.

One event loop over all of them asks as fast as the limits allow; a run for each would begin anew
with a single call in flight.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facets_pipeline.engine.choice import Mode

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.asking import Asking
    from facets_pipeline.cli.cell_selection import Selection
    from facets_pipeline.cli.runs import Runner


def run_cells(
    runner: "Runner",
    store: "Store",
    selection: "Selection",
    cells: Sequence[str],
    asking: "Asking",
) -> None:
    """Ask about what is pending in `cells`, and have each of them shown by Dagster.

    A partition with codes that are pending even then, since a batch holds them, is not shown.

    Raises:
        AnnotatorError: Not everything could be asked; running again carries on.
    """
    if len(cells) == 1 and asking.mode is Mode.MESSAGES:
        _run_cell(runner, cells[0], asking)
        return
    if not cells:
        return
    config = {
        **asking.as_config(),
        "code_systems": list(selection.systems),
        "chunks": list(selection.chunks),
    }
    filled = runner.run("fill_ledger", {"fill_pending": config})
    for cell in cells:
        if _is_complete(store, cell) and _shown_by(runner, cell) != filled:
            _run_cell(runner, cell, asking)


def _run_cell(runner: "Runner", cell: str, asking: "Asking") -> None:
    runner.run("materialize_llm_facets", {"llm_facets": asking.as_config()}, partition=cell)


def _is_complete(store: "Store", cell: str) -> bool:
    from facets_pipeline.defs.partitions import cell_of

    return store.cells.of_chunk(*cell_of(cell), store.today()).pending == 0


def _shown_by(runner: "Runner", cell: str) -> str | None:
    """Return the run that showed a partition last."""
    import dagster as dg

    from facets_pipeline.defs.llm_facets import llm_facets

    newest = dg.AssetRecordsFilter(llm_facets.key, asset_partitions=[cell])
    for record in runner.instance.fetch_materializations(newest, limit=1).records:
        return record.run_id
    return None
