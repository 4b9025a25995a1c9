"""Prints the runs of the Dagster instance of the working folder, oldest first: job and seconds.

A process of its own, since the instance is where the environment says.
"""

import json
import sys

from facets_pipeline.cli.instance import open_instance
from facets_pipeline.settings import Settings


def main() -> None:
    """Print them as JSON."""
    instance = open_instance(Settings.load())
    records = reversed(instance.get_run_records())
    runs = [
        (record.dagster_run.job_name, record.end_time - record.start_time)
        for record in records
        if record.start_time is not None and record.end_time is not None
    ]
    sys.stdout.write(json.dumps(runs))


if __name__ == "__main__":
    main()
