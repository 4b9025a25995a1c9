"""The code location with the third code system, for Dagster's web server, daemon and workers."""

from facets_pipeline_tests.growth.third_system import register

register()

from facets_pipeline.definitions import build_defs  # noqa: E402 - after the entry is there

defs = build_defs()
