"""The Chromium of this machine, and a record of what its pages must never do.

`python -m facets_pipeline_tests.ui.browser` prints where it is, or fails with one sentence.
"""

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What the program is called on Linux."""

MACOS = tuple(
    Path("/Applications", f"{name}.app", "Contents", "MacOS", name)
    for name in ("Google Chrome", "Chromium")
)
"""Where it is on macOS."""

ARGUMENTS = (
    "--disable-gpu",
    # A name cannot be looked up, so that a page that asks for one fails wherever it runs.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

VIEWPORT: ViewportSize = {"width": 1400, "height": 900}
LOCAL = frozenset({"about", "blob", "chrome-error", "data", "file"})
"""Schemes of addresses that never leave the machine."""


def find_chromium() -> Path | None:
    """Return the program: `FACETS_CHROMIUM` if set, else by its usual names; None if missing."""
    if stated := os.environ.get("FACETS_CHROMIUM"):
        return Path(stated)
    found = [Path(path) for path in map(shutil.which, NAMES) if path]
    return next((path for path in (*found, *MACOS) if path.exists()), None)


@dataclass  # without slots: Playwright keeps a note on the owner of each method that it calls
class Conduct:
    """What pages did.

    Attributes:
        breaches: What they must never do: errors on the console, errors that nobody caught,
            requests that would leave the machine. One line each.
        requests: How many requests they made.
    """

    breaches: list[str] = field(default_factory=list[str])
    requests: int = 0

    def watch(self, context: BrowserContext) -> None:
        """Record what every page of `context` does from now on."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.breaches.append(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._request(request.url))
        context.on("page", self._page)

    def take(self) -> list[str]:
        """Return the breaches so far and forget them."""
        taken, self.breaches = self.breaches, []
        return taken

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._request(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.breaches.append(f"console of {message.page and message.page.url}: {message.text}")

    def _request(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme not in LOCAL and parts.hostname != "127.0.0.1":
            self.breaches.append(f"request to {url}")


@contextmanager
def chromium_context(program: Path, conduct: Conduct) -> Generator[BrowserContext]:
    """Run `program` without a window; `conduct` records what its pages do."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            context = browser.new_context(
                viewport=VIEWPORT,
                device_scale_factor=1,
                locale="en-US",
                timezone_id="UTC",
                reduced_motion="reduce",
            )
            conduct.watch(context)
            yield context
        finally:
            browser.close()


def main() -> None:
    """Print where Chromium is."""
    found = find_chromium()
    if found is None:
        sys.exit(
            f"No Chromium among {', '.join(NAMES)}: install one (Debian: apt-get install chromium; "
            "macOS: Google Chrome) or name it with FACETS_CHROMIUM=path."
        )
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
