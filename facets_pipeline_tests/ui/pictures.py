"""Screenshots: kept as artefacts of every run, and three of them in the documents.

They go to the folder `FACETS_UI_ARTEFACTS`, else `.facets-ui` at the top. With `UPDATE_IMAGES=1`
those that the documents show are written to docs/images too.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

from facets_pipeline_tests.house.source_tree import ROOT

IMAGES = ROOT / "docs" / "images"
SHOWN = ("asset-graph", "partitions", "report")
"""What the documents show."""


def artefacts() -> Path:
    """Return the folder of the screenshots, which exists."""
    folder = Path(os.environ.get("FACETS_UI_ARTEFACTS") or ROOT / ".facets-ui")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def picture(page: Page, name: str) -> Path:
    """Take a picture of the page once all is loaded; return where it is."""
    path = artefacts() / f"{name}.png"
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, animations="disabled")
    if name in SHOWN and os.environ.get("UPDATE_IMAGES") == "1":
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / path.name).write_bytes(path.read_bytes())
    return path
