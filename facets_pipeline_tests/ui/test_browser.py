"""The record of conduct sees what it is there to see."""

import pytest
from playwright.sync_api import Page, expect

from facets_pipeline_tests.ui.browser import Conduct

pytestmark = pytest.mark.ui

BAD = """
<h1>bad</h1>
<script>console.error("on the console")</script>
<script>throw new Error("nobody catches this")</script>
<img src="http://far.example/pixel.png">
"""


def test_errors_and_requests_that_would_leave_the_machine_are_recorded(
    page: Page, conduct: Conduct
) -> None:
    before = conduct.requests
    page.goto("about:blank")
    page.set_content(BAD)
    expect(page.get_by_role("heading", name="bad")).to_be_visible()
    found = "\n".join(conduct.take())
    assert "on the console" in found
    assert "nobody catches this" in found
    assert "request to http://far.example/pixel.png" in found
    assert conduct.requests > before
