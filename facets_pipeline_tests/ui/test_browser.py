"""Chromium is found, or the user told what to install; its record sees what it is there to see."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from facets_pipeline_tests.ui import browser
from facets_pipeline_tests.ui.browser import Conduct

BAD = """
<h1>bad</h1>
<script>console.error("on the console")</script>
<script>throw new Error("nobody catches this")</script>
<img src="http://far.example/pixel.png">
"""


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which a machine without a browser looks for programs."""
    monkeypatch.delenv("FACETS_CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "MACOS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_chromium_is_told_what_to_install() -> None:
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        browser.main()


def test_chromium_is_found_by_its_usual_names(
    bare_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = bare_machine / "chromium-browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    browser.main()
    assert capsys.readouterr().out == f"{program}\n"


def test_the_chromium_that_is_named_is_the_only_one_that_counts(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare_machine / "chromium").write_text("")
    monkeypatch.setenv("FACETS_CHROMIUM", "elsewhere/chrome")
    assert browser.find_chromium() == Path("elsewhere/chrome")


@pytest.mark.ui
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
