"""The asset `coverage_report`: how complete, valid and expensive the facets are, for people."""

import dagster as dg

from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.checks.coverage_reached import COVERAGE_REACHED, coverage_reached
from facets_pipeline.defs.coverage_files import coverage_figures, write_report
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.metadata import FREE, OWNERS, Result, coverage_metadata
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.defs.validated_facets import validated_facets
from facets_pipeline.settings import Settings


@dg.asset(
    deps=[validated_facets],
    check_specs=[COVERAGE_REACHED],
    automation_condition=FOLLOWS,
    group_name="reports",
    kinds={"html", "markdown"},
    owners=OWNERS,
    tags=FREE,
    description="Completeness, validity, value distributions and cost, as one HTML file that "
    "opens offline and as Markdown.",
)
def coverage_report(store: StoreResource) -> Result:
    """Count, and write the report."""
    with plain_failures(), store.open() as opened:
        settings = Settings.load()
        figures = coverage_figures(opened)
        html, markdown = write_report(figures, settings.reports_dir)
        check = coverage_reached(opened, figures, settings.coverage_threshold)
    return Result(metadata=coverage_metadata(figures, html, markdown), check_results=[check])
