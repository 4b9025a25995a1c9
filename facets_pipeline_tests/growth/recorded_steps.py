"""Prints the steps of all runs of the working folder's Dagster instance: name and seconds.

A process of its own, since the instance is where the environment says.
"""

import json
import sys

from facets_pipeline.cli.instance import open_instance
from facets_pipeline.settings import Settings


def main() -> None:
    """Print them as JSON, oldest first."""
    instance = open_instance(Settings.load())
    steps = [
        (step.step_key, step.end_time - step.start_time)
        for record in reversed(instance.get_run_records())
        for step in instance.get_run_step_stats(record.dagster_run.run_id)
        if step.start_time is not None and step.end_time is not None
    ]
    sys.stdout.write(json.dumps(steps))


if __name__ == "__main__":
    main()
