"""When work runs: Dagster assets, checks, jobs and resources. Bodies are glue, no logic."""
