"""What a person does on Dagster's pages: open, pick, tick, press. What is seen is left to tests."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

RUN_MS = 120_000
"""The longest that one run may take, its worker's start included."""

BACKFILL_MS = 420_000
"""The longest that a backfill may take; the daemon looks every 30 s."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with one browser tab.

    Attributes:
        page: The tab.
        url: Where Dagster is.
    """

    page: Page
    url: str

    def open(self, path: str) -> Page:
        """Open a page of Dagster, as `/runs`."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def launch_dialog(self, asset: str) -> Locator:
        """Press Materialize on the page of an asset and return the dialog."""
        page = self.open(f"/assets/{asset}?view=partitions")
        page.get_by_role("button", name="Materialize").first.click()
        dialog = page.get_by_role("dialog").filter(has_text=f"materialize {asset}")
        expect(dialog).to_be_visible()
        return dialog

    def pick(self, dialog: Locator, key: str) -> None:
        """Pick `key` in the first picker of the dialog that is still empty."""
        dialog.get_by_text("Select a partition").first.click()
        self.page.get_by_placeholder("Filter partitions").fill(key)
        by_title = self.page.get_by_title(key, exact=True)
        self.page.get_by_role("menuitem").filter(has=by_title).click()
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("menuitem")).to_have_count(0)

    def pick_all(self, dialog: Locator, dimension: int) -> None:
        """Press All beside the picker of a dimension, counted from 0."""
        dialog.get_by_role("button", name="All", exact=True).nth(dimension).click()

    def only_failed_and_missing(self, dialog: Locator) -> None:
        """Tick the option, and wait until the dialog says what is left."""
        dialog.get_by_text("Backfill only failed and missing partitions within selection").click()
        expect(dialog.get_by_text("partitions will be materialized")).to_be_visible()

    def launch(self, dialog: Locator) -> None:
        """Press the launch button, then View in the message that follows."""
        dialog.get_by_role("button", name="Launch").click()
        self.page.get_by_role("link", name="View", exact=True).click()

    def launch_run(self, dialog: Locator) -> str:
        """Launch a single run, wait until its page says how it ended, and return that word."""
        self.launch(dialog)
        expect(self.page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}"))
        ended = self.page.get_by_text(re.compile(r"^(Success|Failure|Canceled)$"))
        expect(ended.first).to_be_visible(timeout=RUN_MS)
        return ended.first.inner_text()

    def launch_backfill(self, dialog: Locator) -> None:
        """Launch a backfill, and wait until its page says that it has succeeded."""
        self.launch(dialog)
        expect(self.page).to_have_url(re.compile(r"/runs/b/\w+"))
        expect(self.page.get_by_text("100% completed")).to_be_visible(timeout=BACKFILL_MS)
        # One is the heading of a column; the other is the state, once the daemon has seen the end.
        words = self.page.get_by_text("Succeeded", exact=True)
        expect(words).to_have_count(2, timeout=RUN_MS)
