"""Tests of the `rules` annotator."""
