"""One code with its provenance, health, and the description that is made from the codebook."""

from fastapi.testclient import TestClient

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.api.conftest import Filled
from facets_pipeline_tests.api.contents import ODD, PENDING, SEARCH


def test_one_code_comes_with_its_provenance(client: TestClient) -> None:
    record = client.get("/api/v1/procedure/CPT/99213").json()
    provenance = record["provenance"]
    assert record["facets"]["em_patient_type"] == "established"
    assert provenance["stated"]["em_level"]["value"] == "level_3"
    assert provenance["stated"]["em_level"]["basis"]
    assert provenance["source"].startswith("rules")
    assert provenance["recipe"]["annotator"] == "rules"
    assert "codebook" in provenance["recipe"]["label"]
    assert provenance["decisions"] == []


def test_what_a_person_decided_is_told(client: TestClient) -> None:
    record = client.get(f"/api/v1/procedure/HCPCS/{ODD.code}").json()
    (made,) = record["provenance"]["decisions"]
    assert (made["facet"], made["value"], made["decided_by"], made["action"]) == (
        "complexity_level",
        "complex",
        "ann",
        "set",
    )


def test_a_code_in_small_letters_is_the_same_code(client: TestClient) -> None:
    assert client.get("/api/v1/procedure/HCPCS/a0009").json()["code"] == PENDING.code


def test_health_counts_what_can_be_found(client: TestClient, filled: Filled) -> None:
    health = client.get("/health").json()
    assert health["status"] == "ok"
    assert health["codes"] == len(filled.rows) == sum(health["code_systems"].values())
    assert health["statuses"]["pending"] == 1


def test_openapi_explains_every_value(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    parameters = {
        parameter["name"]: parameter for parameter in document["paths"][SEARCH]["get"]["parameters"]
    }
    for facet in CODEBOOK.facets:
        parameter = parameters[facet.name]
        assert facet.definition in parameter["description"]
        for value in facet.values:
            assert value.meaning in parameter["description"]
        kind = parameter["schema"]["items"]
        if facet.is_truth_value:
            assert kind["type"] == "boolean"
        else:
            assert kind.get("enum", [kind.get("const")]) == list(facet.vocabulary)
