"""Tests of the search API and its pages, on SQLite and on Postgres."""
