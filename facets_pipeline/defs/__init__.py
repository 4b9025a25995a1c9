"""When work runs: Dagster assets, checks, jobs and resources. Bodies are glue; logic is elsewhere."""
