"""Tests of the asset checks: each one green and red, by runs of the real graph."""
