"""Tests of the house itself: layers, sizes, documents, lock file, set-up. No behaviour of codes."""
