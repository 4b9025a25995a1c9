"""Reading batches that have ended: a job, and the sensor that starts it. Costs nothing, so it runs.

A batch is sent by `fill_ledger`; its answers come within hours, when nobody waits any more. What
was read is shown as materialised partitions, so that everything downstream follows.
"""

import dagster as dg

from facets_pipeline.adapters.annotators.claude.batching import list_batches
from facets_pipeline.defs.batch_runs import read_ended
from facets_pipeline.defs.checks.filled_cells import cells_checked
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.defs.shown_cells import show_cells
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.engine.batch_values import OPEN_STATES
from facets_pipeline.settings import Settings

LOOK_SECONDS = 60
"""How often the sensor looks; most batches end within an hour."""


@dg.op(description="Read the batches that have ended; nothing is asked of a model.")
def ingest_ended(
    context: dg.OpExecutionContext, store: StoreResource, claude: ClaudeResource
) -> None:
    """Read what has ended, and show the partitions that it completed."""
    with (
        plain_failures(),
        store.open() as opened,
        cells_checked(context, opened, opened.releases.loaded(), ()),
    ):
        report = read_ended(opened, claude.annotator(opened, next(iter(CODE_SYSTEMS))))
        for name in CODE_SYSTEMS:
            show_cells(context, opened, name)
    context.add_output_metadata(
        {
            "batches_read": report.ingested,
            "answered": report.fill.answered,
            "in_review": report.fill.in_review,
            "pending_again": report.returned,
            "batches_out": len(report.waiting),
        }
    )


@dg.job(description="Read the batches that have ended.")
def ingest_batches() -> None:
    """One step."""
    ingest_ended()


@dg.sensor(
    # By name: given as an object, Dagster copies the sensor and warns of a beta parameter.
    job_name=ingest_batches.name,
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads the batches that have ended. Runs by default: reading costs nothing.",
)
def ended_batches(store: StoreResource) -> dg.RunRequest | dg.SkipReason:
    """Start a look while a batch is out."""
    with store.open() as opened:
        out = [batch for batch in list_batches(opened) if batch.state in OPEN_STATES]
    if not out:
        return dg.SkipReason("No batch is out.")
    if not Settings.load().has_key:
        return dg.SkipReason(
            f"{len(out)} batches are out, but no key is set: set ANTHROPIC_API_KEY for the daemon."
        )
    return dg.RunRequest(run_key=None, tags={"facets/batches_out": str(len(out))})
