"""Tests of the local Claude API server, with the real client library where a client is involved."""
