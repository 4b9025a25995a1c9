"""Tests of what `deploy/` ships: files that are linted, loaded and, where that can be, run."""
