"""The unit of money: whole nano-dollars, so that no sum of small costs is ever rounded."""

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""
