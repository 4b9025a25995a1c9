"""The asset `raw_codes`: the codes of a system as its newest source states them."""

import dagster as dg
from pydantic import Field

from facets_pipeline.adapters.loading import load_codes, source_location
from facets_pipeline.adapters.store.schema import code_history
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.filled_cells import log_result
from facets_pipeline.defs.checks.green_chunks_complete import green_chunks_complete
from facets_pipeline.defs.columns import CODE_COLUMNS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.metadata import FREE, OWNERS, Metadata, Result
from facets_pipeline.defs.partitions import system_partitions
from facets_pipeline.defs.raw_codes_page import load_metadata
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import CodeSystem, code_system
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.settings import Settings


class RawCodesConfig(dg.Config):
    """What to load, and how it relates to what is known."""

    path: str = Field(
        default="",
        description="Code file, folder of releases, or sql:TABLE. Empty: as configured, else as "
        "loaded last.",
    )
    mode: LoadMode = Field(
        default=LoadMode.NEXT,
        description="next: a complete release, refused if over 5 % of the active codes would "
        "vanish; partial: an extract, merged; full: a complete release, whatever vanishes.",
    )


@dg.asset(
    partitions_def=system_partitions,
    group_name="codes",
    kinds={"file", "sql"},
    owners=OWNERS,
    tags=FREE,
    metadata={"dagster/column_schema": CODE_COLUMNS, "dagster/table_name": code_history.name},
    description="Procedure codes with descriptors, dates and the release that states them. Rows "
    "that are no codes are skipped or refused by rule and named.",
)
def raw_codes(
    context: dg.AssetExecutionContext, config: RawCodesConfig, store: StoreResource
) -> Result:
    """Load the source of the partition's code system."""
    with plain_failures(), store.open() as opened:
        metadata = load_release(context, opened, code_system(context.partition_key), config)
    return Result(metadata=metadata)


def load_release(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    store: Store,
    system: CodeSystem,
    config: RawCodesConfig,
) -> Metadata:
    """Load the source of a code system and return what is shown of it.

    Raises:
        SourceError: No source is known, it cannot be read, or too many codes would vanish.
    """
    location = source_location(store, system, config.path, Settings.load().source_of(system.name))
    report = load_codes(store, system, location, mode=config.mode, day=store.today())
    # What the release leaves pending stands in partitions that stay green.
    log_result(context, green_chunks_complete(store, context.instance))
    return load_metadata(store, report)
