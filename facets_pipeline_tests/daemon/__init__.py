"""Tests with Dagster's real web server, daemon and run workers, as processes."""
