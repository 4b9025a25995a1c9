"""What the backfill answered is found on the search page of `facets serve`, in the same browser."""

import pytest
from playwright.sync_api import Page, expect

from facets_pipeline_tests.api.serving import serving
from facets_pipeline_tests.ui.pictures import picture
from facets_pipeline_tests.ui.stage import Stage

pytestmark = pytest.mark.ui


@pytest.mark.usefixtures("followed")
def test_the_codes_of_the_backfill_are_searched_by_facet(stage: Stage, page: Page) -> None:
    store = stage.dagster.folder / ".facets" / "facets.db"
    with serving(str(store), stage.dagster.folder) as served:
        page.goto(served.address)
        everything = page.get_by_role("heading", level=1)
        expect(everything).to_have_text(f"{len(stage.codes)} codes")
        picture(page, "search")
        page.get_by_role("link", name="With Imaging").click()
        expect(everything).not_to_have_text(f"{len(stage.codes)} codes")
        page.locator("ol.items a.item").first.click()
        expect(page.locator("dl.facets")).to_contain_text("Imaging")
