"""The job `refresh_pending`: one click for what a release, codebook or model left to be asked.

A backfill of missing and failed partitions does not see such codes: their partitions are green.
"""

import dagster as dg

from facets_pipeline.defs.fill_ledger import fill_pending


@dg.job(
    description="Ask about everything that is pending, of every code system that has a source, "
    "whatever colour its partitions have. Needs no configuration; with a key it spends, under the "
    "budget of the day."
)
def refresh_pending() -> None:
    """One step, the same as in `fill_ledger`."""
    fill_pending()
