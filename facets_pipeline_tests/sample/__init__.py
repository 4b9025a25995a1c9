"""Tests of `facets_pipeline.sample`."""
