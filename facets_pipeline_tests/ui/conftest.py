"""One stage, one browser tab and one story for all tests of the pages.

The story is told by fixtures that click, each once and each on top of the one before; they return
what the pages said meanwhile. Tests look at what is shown afterwards.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from facets_pipeline_tests.ui.browser import Conduct, chromium_context, find_chromium
from facets_pipeline_tests.ui.pictures import artefacts
from facets_pipeline_tests.ui.stage import Stage, running_stage
from facets_pipeline_tests.ui.visitor import Visitor

FOLLOWED_SECONDS = 180
"""The longest until free work has followed: two ticks of 30 s and two runs."""

PAGE_MS = 20_000
"""The longest that a page may take to show what is there."""

TAB = pytest.StashKey[Page]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out unless they are asked for: they take minutes and need a Chromium."""
    if "ui" in str(config.getoption("markexpr")):
        return
    skip = pytest.mark.skip(reason="only `make test-ui` clicks in the pages")
    for item in items:
        if item.get_closest_marker("ui"):
            item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of what was on the tab when a test failed."""
    report = yield
    tab = item.config.stash.get(TAB, None)
    if report.failed and tab is not None and not tab.is_closed():
        tab.screenshot(path=artefacts() / f"failed-{item.name}.png")
    return report


@pytest.fixture(scope="session")
def conduct() -> Conduct:
    """What all pages did."""
    return Conduct()


@pytest.fixture(scope="session")
def page(pytestconfig: pytest.Config, conduct: Conduct) -> Generator[Page]:
    """The one browser tab."""
    program = find_chromium()
    assert program is not None, "There is no Chromium: run `make test-ui`, which says what to do."
    expect.set_options(timeout=PAGE_MS)
    with chromium_context(program, conduct) as context:
        tab = context.new_page()
        tab.set_default_timeout(PAGE_MS)
        pytestconfig.stash[TAB] = tab
        yield tab


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """The servers behind the pages, on a folder that was empty."""
    with running_stage(tmp_path_factory.mktemp("ui")) as running:
        try:
            yield running
        finally:
            (artefacts() / running.dagster.log.name).write_bytes(running.dagster.log.read_bytes())


@pytest.fixture(scope="session")
def visitor(page: Page, stage: Stage) -> Visitor:
    """The person at the tab."""
    return Visitor(page, stage.dagster.url)


@pytest.fixture(autouse=True)
def pages_behave(request: pytest.FixtureRequest) -> Generator[None]:
    """No page logs an error, throws one, or asks for anything outside of this machine."""
    yield
    if "conduct" in request.fixturenames:
        found: Conduct = request.getfixturevalue("conduct")
        assert found.take() == []


@pytest.fixture(scope="session")
def codes_loaded(visitor: Visitor) -> str:
    """The visitor materialises raw_codes for HCPCS; how the run ended."""
    dialog = visitor.launch_dialog("raw_codes")
    visitor.pick(dialog, "HCPCS")
    return visitor.launch_run(dialog)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was seen when the account's credit ran out.

    Attributes:
        exit_code: Of `facets generate` in the terminal.
        said: What it said.
        outcome: How the run of one more chunk, started on the page, ended.
        events: The text of that run's page.
        counts: The counts above the partition grid afterwards: state to number.
    """

    exit_code: int
    said: str
    outcome: str
    events: str
    counts: dict[str, int]


@pytest.fixture(scope="session")
def credit_ended(stage: Stage, visitor: Visitor, codes_loaded: str) -> Stopped:
    """A terminal annotates until the credit runs out; then the visitor tries the last chunk."""
    assert codes_loaded == "Success"
    stage.end_credit()
    done = stage.dagster.terminal.run("generate", "--code-system", "HCPCS", "--yes")
    dialog = visitor.launch_dialog("llm_facets")
    visitor.pick(dialog, "HCPCS")
    visitor.pick(dialog, "31")
    outcome = visitor.launch_run(dialog)
    expect(visitor.page.get_by_text("STEP_FAILURE")).to_be_visible()
    events = visitor.page.locator("body").inner_text()
    return Stopped(done.returncode, done.stdout + done.stderr, outcome, events, counts(visitor))


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What was seen of the backfill of all HCPCS, only failed and missing.

    Attributes:
        promised: What the dialog said before it was launched.
        overview: The text of its page at the end.
        counts: The counts above the partition grid afterwards: state to number.
    """

    promised: str
    overview: str
    counts: dict[str, int]


@pytest.fixture(scope="session")
def backfilled(stage: Stage, visitor: Visitor, credit_ended: Stopped) -> Backfilled:
    """The credit is renewed; the visitor backfills all HCPCS, only failed and missing."""
    assert credit_ended.outcome == "Failure"
    stage.renew_credit()
    dialog = visitor.launch_dialog("llm_facets")
    visitor.pick(dialog, "HCPCS")
    visitor.pick_all(dialog, 1)
    visitor.only_failed_and_missing(dialog)
    promised = dialog.inner_text()
    visitor.launch_backfill(dialog)
    return Backfilled(promised, visitor.page.locator("body").inner_text(), counts(visitor))


@pytest.fixture(scope="session")
def followed(stage: Stage, backfilled: Backfilled) -> str:
    """The report follows the backfill by itself; the sentence that it must begin with."""
    assert backfilled.counts["Failed"] == 0
    number = len(stage.codes)
    headline = f"{number} of {number} HCPCS codes have facets"

    def made() -> bool:
        reports = stage.dagster.metadata("coverage_report")
        return bool(reports) and headline in str(reports[0].get("report"))

    stage.dagster.wait_until(made, seconds=FOLLOWED_SECONDS, what="the report to follow")
    return headline


def counts(visitor: Visitor) -> dict[str, int]:
    """Return the counts that stand above the partition grid of llm_facets."""
    page = visitor.open("/assets/llm_facets?view=partitions")
    shown = page.get_by_text(re.compile(r"^(Failed|Materialized|Materializing|Missing) \(\d+\)$"))
    expect(shown).to_have_count(4)
    words = [label.split(" (") for label in shown.all_inner_texts()]
    return {state: int(number.rstrip(")")) for state, number in words}
