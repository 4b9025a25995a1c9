"""Tests of the Dagster side: real runs on an instance that lives as long as the test."""
