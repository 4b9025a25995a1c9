"""The pages: what they show, that they escape it, and that every link leads somewhere."""

import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from facets_pipeline_tests.api.conftest import Filled
from facets_pipeline_tests.api.contents import ODD, PENDING, those


class Reader(HTMLParser):
    """Collects elements, links and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.inputs: dict[str, str] = {}
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        named = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= set(named)
        if tag == "a":
            self.links.append(named["href"])
        if tag == "input":
            self.inputs[named["name"]] = named["value"]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def read(client: TestClient, path: str) -> Reader:
    """Return a page that must be there."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "script" not in response.headers["content-security-policy"]
    return Reader(response.text)


def test_a_value_is_chosen_by_its_link_and_taken_back_by_the_same(
    client: TestClient, filled: Filled
) -> None:
    page = read(client, "/?q=of")
    (link,) = [link for link in page.links if "procedure_category=imaging" in link]
    chosen = read(client, link)
    wanted = those(filled.rows, lambda row: row["procedure_category"] == "imaging")
    codes = {link.rpartition("/")[2] for link in chosen.links if link.startswith("/code/")}
    assert codes
    assert codes <= {code for _, code in wanted}
    assert "/?q=of#filters" in chosen.links
    assert chosen.inputs == {"q": "of", "procedure_category": "imaging"}


def test_the_pages_show_every_code_once(client: TestClient, filled: Filled) -> None:
    path, codes = "/?code_system=HCPCS", list[str]()
    while path:
        page = read(client, path)
        codes += [link.rpartition("/")[2] for link in page.links if link.startswith("/code/")]
        path = next((link for link in page.links if link.startswith("/?") and is_next(link)), "")
    assert codes == [
        code for _, code in those(filled.rows, lambda row: row["code_system"] == "HCPCS")
    ]


def is_next(link: str) -> bool:
    """Tell whether a link of a page leads to its next one."""
    return "cursor" in parse_qs(urlsplit(link).query)


@pytest.mark.parametrize("path", ["/?q=alert", f"/code/HCPCS/{ODD.code}", "/?q=<script>x</script>"])
def test_text_is_never_markup(client: TestClient, path: str) -> None:
    page = read(client, path)
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    shown = "<script>x</script>" if "?q=<" in path else ODD.descriptor
    assert shown in page.text + page.inputs["q"]


def test_a_page_loads_nothing_but_its_style(client: TestClient) -> None:
    text = client.get("/").text
    loaded = re.findall(r'<(?:link|script|img|iframe|object)[^>]*(?:href|src)="([^"]*)"', text)
    assert [address.partition("?")[0] for address in loaded] == ["data:,", "/search.css"]
    style = client.get(loaded[1])
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_the_page_of_a_code_tells_value_meaning_and_basis(client: TestClient) -> None:
    page = read(client, "/code/CPT/99213")
    for words in ("Level 3", "Established", "not applicable", "heading: 99202-99499", "rules 1"):
        assert words in page.text, words
    assert "/?em_level=level_3" in page.links
    assert "set to Complex" in read(client, f"/code/HCPCS/{ODD.code}").text
    assert "nobody yet" in read(client, f"/code/HCPCS/{PENDING.code}").text


def test_every_link_of_the_pages_leads_somewhere(client: TestClient) -> None:
    for path in ("/", "/?procedure_category=imaging&limit=3", "/code/CPT/99213"):
        for link in read(client, path).links:
            if not link.startswith("#"):
                assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/?procedure_category=evil", 422, "procedure_category was given"),
        ("/?x=1", 422, "no parameter"),
        ("/code/CPT/00001", 404, "no such active code"),
        ("/code/x/<script>", 404, "no such active code"),
    ],
)
def test_what_cannot_be_shown_is_a_page_with_a_sentence(
    client: TestClient, path: str, status: int, words: str
) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert words in Reader(response.text).text
    assert "<script" not in response.text
