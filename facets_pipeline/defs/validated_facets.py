"""The asset `validated_facets`: the flat table, one row per active code, rules applied."""

import dagster as dg

from facets_pipeline.adapters.store.flat_table import NAME
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.checks.codebook_rules_hold import (
    CODEBOOK_RULES_HOLD,
    codebook_rules_hold,
)
from facets_pipeline.defs.checks.distribution_drift import DISTRIBUTION_DRIFT, distribution_drift
from facets_pipeline.defs.checks.nothing_pending import NOTHING_PENDING, nothing_pending
from facets_pipeline.defs.checks.waiting_for_review import REVIEW_BACKLOG, waiting_for_review
from facets_pipeline.defs.columns import ROW_COLUMNS
from facets_pipeline.defs.coverage_files import HTML_NAME
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.llm_facets import llm_facets
from facets_pipeline.defs.metadata import FREE, OWNERS, Result
from facets_pipeline.defs.partitions import system_partitions
from facets_pipeline.defs.reference_facets import reference_facets
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.defs.rows_page import rows_metadata
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.settings import Settings

ROW_CHECKS = (CODEBOOK_RULES_HOLD, NOTHING_PENDING, REVIEW_BACKLOG, DISTRIBUTION_DRIFT)
"""What is checked whenever rows were made."""


@dg.asset(
    partitions_def=system_partitions,
    deps=[llm_facets, reference_facets],
    check_specs=ROW_CHECKS,
    automation_condition=FOLLOWS,
    group_name="facets",
    kinds={"sql", "table"},
    owners=OWNERS,
    tags=FREE,
    metadata={"dagster/column_schema": ROW_COLUMNS, "dagster/table_name": NAME},
    description=f"The table `{NAME}`: one row per active code with its facets, what they rest on, "
    "and why a facet is empty. Derived: it can be dropped and made again.",
)
def validated_facets(context: dg.AssetExecutionContext, store: StoreResource) -> Result:
    """Bring the flat rows of one code system up to date."""
    system = code_system(context.partition_key)
    with plain_failures(), store.open() as opened:
        refreshed = opened.refresh_rows(system.name, Settings.load().reconcile)
        figures = opened.figures.of_system(system.name, opened.today(), with_examples=False)
        report = Settings.load().reports_dir / HTML_NAME
        return Result(
            metadata=rows_metadata(opened, system, figures, refreshed.rows, report),
            check_results=[
                codebook_rules_hold(opened, system.name),
                nothing_pending(opened),
                waiting_for_review(opened),
                distribution_drift(opened, context.instance),
            ],
        )
