"""Tests of the way to the Claude API, against a strict server over real HTTP."""
