"""The sensor `failure_alerts`: where a person should know that a run failed, one message is sent.

Nothing leaves the machine unless `FACETS_ALERT_URL` is set. The message holds the sentence that was
written for people; what an unexpected error says may hold anything, so that only its name is sent.
"""

import dagster as dg

from facets_pipeline.adapters.alerts import post_alert
from facets_pipeline.settings import Settings

LOOK_SECONDS = 30
"""How often the sensor looks for failed runs."""

_WILL_RETRY_TAG = "dagster/will_retry"
_PARTITION_TAG = "dagster/partition"


@dg.run_failure_sensor(
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Posts one JSON document about each failed run to FACETS_ALERT_URL: job, run_id, "
    "cell, sentence, path. Does nothing where that is not set. Runs by default: it is free.",
)
def failure_alerts(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of one failed run.

    Raises:
        AlertError: It could not be told; the sensor's tick fails with it.
    """
    run = context.dagster_run
    url = Settings.load().alert_url.get_secret_value().strip()
    if not url:
        return dg.SkipReason("FACETS_ALERT_URL is not set: nobody is told.")
    if run.tags.get(_WILL_RETRY_TAG) == "true":
        return dg.SkipReason(f"Run {run.run_id} is retried first.")
    post_alert(
        url,
        {
            "job": run.job_name,
            "run_id": run.run_id,
            "cell": run.tags.get(_PARTITION_TAG),
            "sentence": _sentence(context),
            "path": f"/runs/{run.run_id}",
        },
    )
    return None


def _sentence(context: dg.RunFailureSensorContext) -> str:
    for event in context.get_step_failure_events():
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            return failure.user_failure_data.description
        if failure.error is not None:
            name = failure.error.cause.cls_name if failure.error.cause else failure.error.cls_name
            return f"An unexpected error ended the step {event.step_key!r}: {name}."
    return "The run ended without finishing: its process is gone, or it could not be started."
