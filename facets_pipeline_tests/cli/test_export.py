"""`facets export`: which file it writes, and what it says of it."""

import json

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.cli.commands import Here


@pytest.fixture
def loaded(here: Here) -> Here:
    """A folder with two codes loaded that nobody was asked about."""
    (here.path / "codes.csv").write_text("code,description\nA4500,Bag\nA4501,Tube\n", "utf-8")
    assert here.run("load", "codes.csv", "--code-system", "HCPCS").code == 0
    with Store.open(str(here.path / ".facets" / "facets.db")) as store:
        store.flat.refresh("HCPCS", store.today())
    return here


def test_a_fhir_bundle_has_the_addresses_that_were_asked_for(loaded: Here) -> None:
    words = ("export", "--format", "fhir", "--fhir-base", "https://terms.example.org", "out.json")
    said = loaded.run(*words, "--json").json()
    assert said == {"file": "out.json", "format": "fhir", "codes": 2}
    bundle = json.loads((loaded.path / "out.json").read_text("utf-8"))
    urls = [entry["resource"]["url"] for entry in bundle["entry"]]
    assert all(url.startswith("https://terms.example.org/") for url in urls)
    assert urls[-1] == "https://terms.example.org/CodeSystem/hcpcs-facets"


def test_codes_without_an_answer_are_exported_as_such(loaded: Here) -> None:
    assert loaded.run("export", "--format", "jsonl", "out.jsonl").code == 0
    lines = (loaded.path / "out.jsonl").read_text("utf-8").splitlines()
    found = [(row["code"], row["status"], row["empty_means"]) for row in map(json.loads, lines)]
    assert found == [
        ("A4500", "pending", "not answered"),
        ("A4501", "pending", "not answered"),
    ]


def test_another_system_has_nothing_to_export(loaded: Here) -> None:
    done = loaded.run("export", "--code-system", "CPT", "out.csv")
    assert done.code == 2
    assert "nothing to export" in done.err
    assert not (loaded.path / "out.csv").exists()
