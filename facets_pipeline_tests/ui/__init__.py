"""Tests that use the web pages as a person does, in a real Chromium; `make test-ui` runs them."""
