"""The asset `llm_facets`: one outcome per active code, a partition per code system and chunk."""

import time
from functools import partial

import dagster as dg

from facets_pipeline.adapters.store.schema import outcome
from facets_pipeline.defs.cell_failures import cell_failure
from facets_pipeline.defs.cell_page import cell_metadata
from facets_pipeline.defs.checks.filled_cells import CELL_CHECKS, check_cells
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.columns import OUTCOME_COLUMNS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.filling import AskingConfig, fill_scope, options_of, prepare
from facets_pipeline.defs.metadata import OWNERS, PAID, Result
from facets_pipeline.defs.partitions import cell_of, chunk_partitions
from facets_pipeline.defs.raw_codes import raw_codes
from facets_pipeline.defs.resources import ProgressResource, StoreResource
from facets_pipeline.engine.ports import Scope


@dg.asset(
    partitions_def=chunk_partitions,
    deps=[raw_codes],
    check_specs=CELL_CHECKS,
    group_name="facets",
    kinds={"anthropic", "sql"},
    owners=OWNERS,
    tags=PAID,
    metadata={"dagster/column_schema": OUTCOME_COLUMNS, "dagster/table_name": outcome.name},
    description="Facets of every active code, from the ledger if they were answered before, else "
    "asked now. Run a failed partition again: what was answered is not asked again.",
)
def llm_facets(
    context: dg.AssetExecutionContext,
    config: AskingConfig,
    store: StoreResource,
    claude: ClaudeResource,
    progress: ProgressResource,
) -> Result:
    """Fill one cell of the ledger."""
    code_system, chunk = cell = cell_of(context.partition_key)
    started = time.monotonic()
    retry = context.retry_number
    with plain_failures(retry=retry), store.open() as opened:
        with plain_failures(partial(cell_failure, context, opened, cell), retry=retry):
            annotator = prepare(opened, code_system, config, claude)
            scope = Scope(code_system, opened.today(), chunk)
            options = options_of(config, claude, context.run.run_id)
            report = fill_scope(opened, annotator, scope, options, progress)
        figures = opened.cells.of_chunk(code_system, chunk, opened.today())
        incomplete = [figures] if figures.pending else []
        return Result(
            metadata=cell_metadata(opened, figures, report, time.monotonic() - started),
            data_version=dg.DataVersion(figures.version),
            check_results=check_cells(
                opened, context.instance, [context.partition_key], incomplete
            ),
        )
