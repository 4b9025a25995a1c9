"""The whole graph on one screen: assets, jobs, sensors and resources, put together in one function.

    raw_codes -> llm_facets -> validated_facets -> coverage_report

Everything that needs the graph calls `build_defs`: the UI, the command line and the tests.
"""

from collections.abc import Mapping

import dagster as dg

from facets_pipeline.defs.automation import free_work
from facets_pipeline.defs.batch_ingest import ended_batches, ingest_batches
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.code_files import code_files
from facets_pipeline.defs.coverage_report import coverage_report
from facets_pipeline.defs.dead_runs import dead_runs
from facets_pipeline.defs.facet_accuracy import facet_accuracy
from facets_pipeline.defs.failure_alerts import failure_alerts
from facets_pipeline.defs.fill_ledger import fill_ledger
from facets_pipeline.defs.llm_facets import llm_facets
from facets_pipeline.defs.newest_release import load_newest_release
from facets_pipeline.defs.raw_codes import raw_codes
from facets_pipeline.defs.reference_facets import reference_facets
from facets_pipeline.defs.refresh_pending import refresh_pending
from facets_pipeline.defs.resources import ProgressResource, StoreResource
from facets_pipeline.defs.review_asking import ask_review_model
from facets_pipeline.defs.review_queue import review_queue
from facets_pipeline.defs.schedules import pending_nightly, quarterly_release
from facets_pipeline.defs.validated_facets import validated_facets

ASSETS = (
    raw_codes,
    llm_facets,
    reference_facets,
    validated_facets,
    review_queue,
    coverage_report,
    facet_accuracy,
)


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of this code location.

    Args:
        overrides: Resources that replace those of the same name.
    """
    resources: dict[str, object] = {
        "store": StoreResource(),
        "claude": ClaudeResource(),
        "progress": ProgressResource(),
    }
    return dg.Definitions(
        assets=ASSETS,
        jobs=[
            fill_ledger,
            refresh_pending,
            load_newest_release,
            ingest_batches,
            ask_review_model,
            dg.define_asset_job("derive_rows", [reference_facets, validated_facets]),
            dg.define_asset_job("report", [review_queue, coverage_report]),
            *(
                dg.define_asset_job(f"materialize_{asset.key.to_user_string()}", [asset])
                for asset in ASSETS
            ),
        ],
        schedules=[pending_nightly, quarterly_release],
        sensors=[
            code_files,
            dead_runs,
            ended_batches,
            failure_alerts,
            free_work(
                reference_facets, validated_facets, review_queue, coverage_report, facet_accuracy
            ),
        ],
        resources=resources | dict(overrides or {}),
        executor=dg.in_process_executor,
    )


defs = build_defs()
