"""Freshness and headers: an answer is asked for again only when the data have changed."""

import pytest
from fastapi.testclient import TestClient

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.api.app import make_app
from facets_pipeline_tests.api.contents import PENDING, SEARCH, change, fill_with_sample

PATHS = (
    f"{SEARCH}?procedure_category=supply",
    f"/api/v1/procedure/HCPCS/{PENDING.code}",
    "/health",
    "/?procedure_category=supply",
    f"/code/HCPCS/{PENDING.code}",
)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_is_known_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for stated in (tag, f'W/{tag}, "another"', "*"):
        again = client.get(path, headers={"If-None-Match": stated})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_what_is_known_is_sent_again_once_the_data_have_changed(database_url: str) -> None:
    fill_with_sample(database_url)
    search = Search.open(database_url)
    client = TestClient(make_app(search))
    tags = {path: client.get(path).headers["etag"] for path in PATHS}
    change(database_url)
    for path, tag in tags.items():
        again = client.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 200, path
        assert again.headers["etag"] != tag
    found = client.get(f"{PATHS[0]}&q={PENDING.code}").json()
    assert [item["code"] for item in found["items"]] == [PENDING.code]
    search.close()


@pytest.mark.parametrize("path", [*PATHS, "/nowhere", f"{SEARCH}?x=1", "/?x=1", "/code/CPT/x"])
def test_no_answer_is_guessed_at_or_tells_where_the_reader_was(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_page_elsewhere_cannot_pose_as_this_machine(search: Search) -> None:
    app = make_app(search, ["localhost", "127.0.0.1"])
    for host, status in (("localhost:8000", 200), ("127.0.0.1", 200), ("evil.example", 400)):
        response = TestClient(app).get("/health", headers={"Host": host})
        assert response.status_code == status, host
