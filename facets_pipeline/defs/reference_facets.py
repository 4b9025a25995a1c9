"""The asset `reference_facets`: a second opinion on every active code, and what it rests on."""

import dagster as dg

from facets_pipeline.adapters.store.schema import second_opinion
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.columns import SECOND_COLUMNS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.metadata import FREE, OWNERS, Result
from facets_pipeline.defs.partitions import system_partitions
from facets_pipeline.defs.raw_codes import raw_codes
from facets_pipeline.defs.reference_page import second_metadata
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import code_system


@dg.asset(
    partitions_def=system_partitions,
    deps=[raw_codes],
    automation_condition=FOLLOWS,
    group_name="facets",
    kinds={"sql", "table"},
    owners=OWNERS,
    tags=FREE,
    metadata={"dagster/column_schema": SECOND_COLUMNS, "dagster/table_name": second_opinion.name},
    description="What headings, descriptors and loaded official tables (fee schedule, RBCS) say of "
    "each code, with the basis of each value. Free; `facets load --reference FILE` sharpens it.",
)
def reference_facets(context: dg.AssetExecutionContext, store: StoreResource) -> Result:
    """Bring the second opinions on one code system up to date."""
    system = code_system(context.partition_key)
    with plain_failures(), store.open() as opened:
        refreshed = opened.second.refresh(system.name, opened.today())
        counts = opened.second.counts(system.name)
        releases = opened.references.releases()
        enough = opened.second.enough(system.name)
    return Result(metadata=second_metadata(refreshed, counts, releases, enough))
