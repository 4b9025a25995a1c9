"""Tests of the command line: real processes where a process matters, `main` called elsewhere."""
