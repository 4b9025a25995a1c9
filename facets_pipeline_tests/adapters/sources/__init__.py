"""Tests of the sources: every layout, and every file that cannot be used; texts are invented."""
