"""The FHIR export: valid by the standard's models, complete, and streamed."""

import json
import re
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.valueset import ValueSet

from facets_pipeline.adapters.exports import export_rows
from facets_pipeline.domain.codebook import Facet, Value
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.adapters.test_exports import row

BASE = "https://terms.example.org/fhir"
CANONICAL = {
    "cpt-facets": "http://www.ama-assn.org/go/cpt",
    "hcpcs-facets": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
}
ROWS = [
    row("70010", code_system="CPT", procedure_category="imaging", uses_contrast=True),
    row("99213", code_system="CPT", status="in_review"),
    row("A0001", procedure_category="supply", body_system="urinary", in_doubt=1),
    row("A0002", status="pending"),
]


@pytest.fixture
def bundle(tmp_path: Path) -> dict[str, Any]:
    """The bundle of four codes of two systems."""
    assert export_rows(ROWS, tmp_path / "facets.json", "fhir", fhir_base=BASE) == 4
    return json.loads((tmp_path / "facets.json").read_text("utf-8"))


def resources(bundle: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the resources of one kind by their id."""
    found = [entry["resource"] for entry in bundle["entry"]]
    return {one["id"]: one for one in found if one["resourceType"] == kind}


def properties(bundle: Mapping[str, Any], supplement: str, code: str) -> dict[str, Any]:
    """Return the properties of one code: name to value, of whatever type."""
    concepts = resources(bundle, "CodeSystem")[supplement]["concept"]
    (concept,) = [one for one in concepts if one["code"] == code]
    assert set(concept) == {"code", "property"}
    return {
        each["code"]: next(value for key, value in each.items() if key.startswith("value"))
        for each in concept["property"]
    }


def test_every_resource_is_valid_by_the_standards_models(bundle: dict[str, Any]) -> None:
    Bundle.model_validate(bundle)
    for system in resources(bundle, "CodeSystem").values():
        assert CodeSystem.model_validate(system).url == f"{BASE}/CodeSystem/{system['id']}"
    for values in resources(bundle, "ValueSet").values():
        assert ValueSet.model_validate(values).url == f"{BASE}/ValueSet/{values['id']}"


def test_it_is_a_transaction_that_creates_or_replaces_each_resource_once(
    bundle: dict[str, Any],
) -> None:
    assert bundle["type"] == "transaction"
    places = [entry["request"]["url"] for entry in bundle["entry"]]
    assert len(set(places)) == len(places)
    for entry, place in zip(bundle["entry"], places, strict=True):
        assert entry["request"]["method"] == "PUT"
        assert place == f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", entry["resource"]["id"])
        assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", entry["resource"]["name"])


def test_supplements_name_what_they_supplement_and_hold_each_code_once(
    bundle: dict[str, Any],
) -> None:
    for name, canonical in CANONICAL.items():
        system = resources(bundle, "CodeSystem")[name]
        assert (system["content"], system["supplements"]) == ("supplement", canonical)
        assert system["count"] == len(system["concept"]) == 2
    assert "copyright" in resources(bundle, "CodeSystem")["cpt-facets"]


def test_facets_are_properties_and_what_is_missing_says_why(bundle: dict[str, Any]) -> None:
    assert properties(bundle, "cpt-facets", "70010") == {
        "procedure_category": {
            "system": f"{BASE}/CodeSystem/facet-procedure-category",
            "code": "imaging",
        },
        "uses_contrast": True,
        "facets_empty": "not applicable",
        "facets_status": "valid",
    }
    review = {"facets_empty": "in review", "facets_status": "in_review"}
    assert properties(bundle, "cpt-facets", "99213") == review
    pending = {"facets_empty": "not answered", "facets_status": "pending"}
    assert properties(bundle, "hcpcs-facets", "A0002") == pending
    assert properties(bundle, "hcpcs-facets", "A0001")["facets_in_doubt"] == 1


def test_every_property_is_declared_with_its_type_and_value_set(bundle: dict[str, Any]) -> None:
    value_sets = {found["url"] for found in resources(bundle, "ValueSet").values()}
    for name in CANONICAL:
        system = resources(bundle, "CodeSystem")[name]
        declared = {each["code"]: each for each in system["property"]}
        assert list(declared)[:11] == list(CODEBOOK.names)
        for concept in system["concept"]:
            for each in concept["property"]:
                kind = declared[each["code"]]["type"]
                assert f"value{kind[0].upper()}{kind[1:]}" in each
        bound = {
            extension["valueCanonical"]
            for each in declared.values()
            for extension in each.get("extension", [])
        }
        assert bound == value_sets


def test_the_values_of_each_facet_are_those_of_the_codebook(bundle: dict[str, Any]) -> None:
    systems = resources(bundle, "CodeSystem")
    for facet in CODEBOOK.facets:
        name = f"facet-{facet.name.replace('_', '-')}"
        assert (name in systems) is not facet.is_truth_value
        if name in systems:
            found = [concept["code"] for concept in systems[name]["concept"]]
            assert found == list(facet.vocabulary)
            (include,) = resources(bundle, "ValueSet")[name]["compose"]["include"]
            assert include["system"] == systems[name]["url"]
            assert include["version"] == systems[name]["version"]


def test_no_descriptor_is_in_it(bundle: dict[str, Any]) -> None:
    assert "not to be exported" not in json.dumps(bundle)


def test_an_added_facet_is_a_property_with_values(tmp_path: Path) -> None:
    codebook = CODEBOOK.with_facet(Facet("how_soon", "How soon", "Soon?", (Value("now", "now"),)))
    rows = [row("A0001", how_soon="now")]
    export_rows(rows, tmp_path / "facets.json", "fhir", codebook, fhir_base=BASE)
    found = json.loads((tmp_path / "facets.json").read_text("utf-8"))
    Bundle.model_validate(found)
    coding = {"system": f"{BASE}/CodeSystem/facet-how-soon", "code": "now"}
    assert properties(found, "hcpcs-facets", "A0001")["how_soon"] == coding


def test_memory_stays_flat_however_many_codes_there_are(tmp_path: Path) -> None:
    def many() -> Iterator[Mapping[str, Any]]:
        for number in range(5_000):
            yield row(f"A{number:04d}", procedure_category="supply")

    export_rows(ROWS, tmp_path / "few.json", "fhir")
    tracemalloc.start()
    try:
        assert export_rows(many(), tmp_path / "many.json", "fhir") == 5_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = (tmp_path / "many.json").stat().st_size
    assert size > 1_000_000
    assert peak < size / 4


@pytest.mark.parametrize(
    "base", ["", "terms", "https://x.org/fhir/", "https://x.org/a|1", "ftp:/x"]
)
def test_a_base_that_cannot_begin_addresses_is_refused(tmp_path: Path, base: str) -> None:
    with pytest.raises(SettingsError, match="cannot begin addresses"):
        export_rows(ROWS, tmp_path / "facets.json", "fhir", fhir_base=base)
    assert list(tmp_path.iterdir()) == []
