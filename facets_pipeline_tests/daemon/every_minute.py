"""The graph, with its nightly schedule every minute: nobody waits for 03:00. Holds no test."""

import dagster as dg

from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.schedules import launch_pending, pending_nightly


def _every_minute() -> dg.Definitions:
    graph = build_defs()
    often = dg.schedule(
        name=pending_nightly.name,
        cron_schedule="* * * * *",
        job_name=pending_nightly.job_name,
    )(launch_pending)
    return dg.Definitions(
        assets=graph.assets,
        asset_checks=graph.asset_checks,
        jobs=graph.jobs,
        schedules=[often],
        sensors=graph.sensors,
        resources=graph.resources,
        executor=graph.executor,
    )


defs = _every_minute()
