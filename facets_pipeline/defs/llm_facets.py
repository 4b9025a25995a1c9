"""The asset `llm_facets`: one outcome per active code, a partition per code system and chunk."""

import time

import dagster as dg

from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.filling import AskingConfig, fill_scope, options_of, prepare
from facets_pipeline.defs.metadata import Result, cell_metadata
from facets_pipeline.defs.partitions import cell_of, chunk_partitions
from facets_pipeline.defs.raw_codes import raw_codes
from facets_pipeline.defs.resources import ProgressResource, StoreResource, today
from facets_pipeline.engine.ports import Scope

CHUNK_COMPLETE = dg.AssetCheckSpec(
    "chunk_complete",
    asset="llm_facets",
    description="Every active code of the chunk that was materialised last has an outcome.",
)


@dg.asset(
    partitions_def=chunk_partitions,
    deps=[raw_codes],
    check_specs=[CHUNK_COMPLETE],
    group_name="facets",
    kinds={"anthropic", "sql"},
    owners=["team:clinical-data"],
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
    code_system, chunk = cell_of(context.partition_key)
    started = time.monotonic()
    with plain_failures(), store.open() as opened:
        annotator = prepare(opened, code_system, config, claude)
        scope = Scope(code_system, today(), chunk)
        options = options_of(config, claude, context.run.run_id)
        report = fill_scope(opened, annotator, scope, options, progress)
        cell = opened.cells.of_chunk(code_system, chunk, today())
    return Result(
        metadata=cell_metadata(cell, report, time.monotonic() - started),
        data_version=dg.DataVersion(cell.version),
        check_results=[
            dg.AssetCheckResult(
                check_name=CHUNK_COMPLETE.name,
                passed=cell.pending == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"chunk": context.partition_key, "pending": cell.pending},
            )
        ],
    )
