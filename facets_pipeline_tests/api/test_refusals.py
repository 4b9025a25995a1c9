"""What the API refuses, and that it says why in one sentence; nothing can be written."""

import pytest
from fastapi.testclient import TestClient

from facets_pipeline_tests.api.conftest import Filled
from facets_pipeline_tests.api.contents import SEARCH, detail

INJECTIONS = (
    "' OR '1'='1",
    "evaluation'; DROP TABLE procedure_code_facets; --",
    "evaluation\x00",
    '" OR 1=1',
    "<script>alert(1)</script>",
    "${7*7}{{7*7}}",
    "../../etc/passwd",
    "%27%20OR%201=1",
)


@pytest.mark.parametrize("name", ["procedure_category", "code_system", "uses_contrast", "cursor"])
@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_is_refused(client: TestClient, name: str, text: str) -> None:
    response = client.get(SEARCH, params={name: text})
    assert response.status_code == 422
    assert name in detail(response)


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_among_words_is_only_words(
    client: TestClient, filled: Filled, text: str
) -> None:
    response = client.get(SEARCH, params={"q": text, "facet_counts": "true"})
    assert response.status_code == 200
    assert response.json()["total"] < len(filled.rows) / 10
    assert client.get("/health").json()["codes"] == len(filled.rows)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"limit": "0"}, "limit was given '0'"),
        ({"limit": "201"}, "limit was given '201'"),
        ({"limit": "many"}, "limit was given 'many'"),
        ({"procedure_categori": "imaging"}, "There is no parameter 'procedure_categori'"),
        ({"procedure_category": "evil"}, "given 'evil': it should be 'quality_reporting'"),
        ({"uses_contrast": "1"}, "use true or false"),
        ({"q": "x" * 201}, "at most 200 characters"),
        ({"cursor": "CPT.99213x"}, "next_cursor"),
        ({"cursor": "CPT.A9213"}, "next_cursor"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_told_in_a_sentence(
    client: TestClient, parameters: dict[str, str], words: str
) -> None:
    response = client.get(SEARCH, params=parameters)
    assert response.status_code == 422
    assert words in detail(response)
    assert len(detail(response).splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("CPT/00001", 404),
        ("HCPCS/99213", 404),
        ("SNOMED/99213", 422),
        ("CPT/99213'--", 422),
        ("CPT/99213/more", 404),
    ],
)
def test_a_code_that_is_not_there_is_told_in_a_sentence(
    client: TestClient, path: str, status: int
) -> None:
    response = client.get(f"/api/v1/procedure/{path}")
    assert response.status_code == status
    assert len(detail(response)) > 20


def test_nothing_can_be_written(client: TestClient) -> None:
    for path in (SEARCH, "/health", "/api/v1/procedure/CPT/99213", "/"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path).status_code == 405
