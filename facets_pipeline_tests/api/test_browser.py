"""The pages in a real browser: by mouse, by keyboard, on a phone; nothing is loaded from elsewhere.

They need the Chromium of the machine and are left out where there is none.
"""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from facets_pipeline_tests.api.contents import ODD, fill_with_sample
from facets_pipeline_tests.api.serving import serving
from facets_pipeline_tests.ui.browser import Conduct, chromium_context, find_chromium

CHROMIUM = find_chromium()
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of a server over the sample."""
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder / 'facets.db'}"
    fill_with_sample(url)
    with serving(url, folder) as served:
        yield served.address


@pytest.fixture(scope="module")
def tab() -> Generator[Page]:
    """One tab of the browser, whose pages must never complain or reach out."""
    assert CHROMIUM is not None
    conduct = Conduct()
    with chromium_context(Path(CHROMIUM), conduct) as context:
        yield context.new_page()
    assert conduct.breaches == []


def test_facets_are_picked_by_mouse_and_a_code_is_opened(address: str, tab: Page) -> None:
    tab.set_viewport_size(DESK)
    tab.goto(address)
    everything = tab.get_by_role("heading", level=1).inner_text()
    filters = tab.get_by_role("complementary", name="Filters")
    filters.get_by_role("link", name="With Imaging").click()
    expect(tab.get_by_role("heading", level=1)).not_to_have_text(everything)
    link = filters.get_by_role("link", name="Without Imaging")
    count = link.locator(".codes").inner_text().split()[0]
    expect(tab.get_by_role("heading", level=1)).to_have_text(f"{count} codes")
    tab.locator("summary", has_text="Imaging modality").click()
    filters.get_by_role("link", name="With CT").click()
    tab.locator("ol.items a.item").first.click()
    expect(tab.locator("dl.facets")).to_contain_text("CT")
    tab.get_by_role("link", name="All codes").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(everything)


def test_the_keyboard_is_enough(address: str, tab: Page) -> None:
    tab.set_viewport_size(DESK)
    tab.goto(address)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the codes")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#codes")).to_be_focused()
    tab.goto(address)
    for _ in range(3):
        tab.keyboard.press("Tab")
    expect(tab.get_by_role("searchbox")).to_be_focused()
    tab.keyboard.type("alert")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("1 code")
    link = tab.get_by_role("link", name=ODD.code)
    link.focus()
    outline = link.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    tab.keyboard.press("Enter")
    expect(tab.locator(".descriptor")).to_have_text(ODD.long_descriptor)


def test_on_a_phone_filters_are_a_sheet_and_nothing_is_cut_off(address: str, tab: Page) -> None:
    tab.set_viewport_size(PHONE)
    for path in ("/", "/?q=knee", "/?q=zzzz", "/code/CPT/99213", f"/code/HCPCS/{ODD.code}"):
        tab.goto(f"{address}{path}")
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
    tab.goto(address)
    aside = tab.get_by_role("complementary", name="Filters")
    expect(aside).to_be_hidden()
    tab.get_by_role("link", name="Filters").click()
    expect(aside).to_be_visible()
    aside.get_by_role("link", name="With Surgical").click()
    expect(aside).to_be_visible()
    show = tab.get_by_role("link", name="Show ")
    codes = show.inner_text().removeprefix("Show ")
    show.click()
    expect(aside).to_be_hidden()
    expect(tab.get_by_role("heading", level=1)).to_have_text(codes)
