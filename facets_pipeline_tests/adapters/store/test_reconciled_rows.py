"""Rows out of two opinions: official tables, corrections, doubts, and codes that are not asked."""

import json
from collections.abc import Mapping
from typing import Any

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.fill import fill
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import ALL, DAY, decide, hcpcs, load
from facets_pipeline_tests.engine.scripted import Scripted

DRUG: Mapping[str, FacetValue] = {"procedure_category": "drug"}
SCOPE_CODES = [hcpcs(f"J{number:04d}", f"Injection of drug {number}, 1 mg") for number in range(40)]
BOWEL = hcpcs("G0104", "Looking into the lower bowel for cancer")
BOWEL_ANSWER: Mapping[str, FacetValue] = {
    "procedure_category": "surgical",
    "body_system": "digestive",
    "body_region": "abdomen",
    "surgical_approach": "endoscopic",
    "is_major_surgery": True,
    "complexity_level": "simple",
    "service_location": "any",
}
IMAGES = hcpcs("C9756", "Near infrared images of the lymph nodes")
IMAGES_ANSWER: Mapping[str, FacetValue] = {
    "procedure_category": "imaging",
    "imaging_modality": "other",
    "service_location": "any",
}


def reconciled(
    store: Store, answers: Mapping[Code, Mapping[str, FacetValue]], ask: AskFor = AskFor.LAST
) -> dict[str, Mapping[str, Any]]:
    """Load codes, let them be answered, and return the rows by code."""
    load(store, "codes.csv", list(answers))
    annotator = Scripted({code.code: answer for code, answer in answers.items()})
    store.recipes.choose("HCPCS", annotator.recipe, "test", ask, Reconcile.BOTH)
    store.second.refresh("HCPCS", DAY)
    fill(store.ledger, annotator, ALL)
    return rows(store)


def rows(store: Store) -> dict[str, Mapping[str, Any]]:
    """Return the rows by code, brought up to date."""
    store.flat.refresh("HCPCS", DAY)
    return {row["code"]: row for row in store.flat.rows("HCPCS")}


def drugs(**wrong: Mapping[str, FacetValue]) -> dict[Code, Mapping[str, FacetValue]]:
    """Return right answers for forty drugs, but for those that are named."""
    return {code: wrong.get(code.code, DRUG) for code in SCOPE_CODES}


def test_a_slip_on_a_basis_that_otherwise_agrees_is_corrected_and_both_opinions_kept(
    store: Store,
) -> None:
    row = reconciled(store, drugs(J0007={**DRUG, "body_region": "pelvis"}))["J0007"]
    assert (row["status"], row["body_region"]) == ("valid", None)
    kept = row["opinions"]
    assert kept["stated"]["body_region"][0] == "pelvis"
    assert kept["second"]["body_region"][0] is None
    assert kept["chosen"]["body_region"][0] == "reference"


def test_an_official_table_wins_over_claude(store: Store) -> None:
    fees = [("G0104", {"status": "A", "global_days": "000", "work_rvu": "0.84"})]
    store.references.load("pprrvu", "fees.csv", "1", "2025", fees)
    row = reconciled(store, {BOWEL: BOWEL_ANSWER})["G0104"]
    assert row["is_major_surgery"] is False
    assert row["opinions"]["chosen"]["is_major_surgery"][1].startswith("pfs: global 000")


def test_a_table_that_is_loaded_later_changes_the_rows(store: Store) -> None:
    reconciled(store, {BOWEL: BOWEL_ANSWER})
    fees = [("G0104", {"status": "A", "global_days": "090", "work_rvu": "0.84"})]
    store.references.load("pprrvu", "fees.csv", "1", "2025", fees)
    assert rows(store)["G0104"]["is_major_surgery"] is True


def test_an_answer_that_breaks_a_rule_stands_once_it_is_repaired(store: Store) -> None:
    row = reconciled(store, drugs(J0003={**DRUG, "em_level": "level_3"}))["J0003"]
    assert (row["status"], row["procedure_category"], row["em_level"]) == ("valid", "drug", None)
    assert row["opinions"]["reason"].startswith("R4: ")


def test_a_doubt_is_a_number_and_a_sentence_until_a_person_decides(store: Store) -> None:
    film = hcpcs("S8040", "Warmth picture of the chest")
    answer: Mapping[str, FacetValue] = {
        "procedure_category": "imaging",
        "imaging_modality": "other",
        "body_region": "abdomen",
        "service_location": "any",
    }
    row = reconciled(store, {**drugs(), film: answer})["S8040"]
    assert row["in_doubt"] >= 1
    assert set(row["opinions"]["doubts"]) <= set(row["opinions"]["chosen"])
    for facet in row["opinions"]["doubts"]:
        decide(store, film, facet, row[facet])
    row = rows(store)["S8040"]
    assert (row["status"], row["in_doubt"]) == ("valid", 0)
    assert "doubts" not in row["opinions"]


def test_claude_alone_is_a_choice_that_can_be_taken_back(store: Store) -> None:
    wrong = reconciled(store, drugs(J0007={**DRUG, "body_region": "pelvis"}))
    assert wrong["J0007"]["body_region"] is None
    store.recipes.reconcile_by("HCPCS", Reconcile.CLAUDE)
    alone = rows(store)["J0007"]
    assert (alone["body_region"], alone["opinions"].get("chosen")) == ("pelvis", None)
    store.recipes.reconcile_by("HCPCS", Reconcile.BOTH)
    assert rows(store) == wrong


def test_dropped_and_made_again_reconciled_rows_are_the_same(store: Store) -> None:
    before = reconciled(store, {**drugs(J0007={**DRUG, "body_region": "pelvis"}), BOWEL: DRUG})
    store.second.clear()
    store.flat.drop()
    assert json.dumps(rows(store), default=str) == json.dumps(before, default=str)


def test_what_headings_decide_is_not_asked_and_stands_on_the_second_opinion(store: Store) -> None:
    found = reconciled(store, {**drugs(), IMAGES: IMAGES_ANSWER}, AskFor.UNDECIDED)
    assert found["J0001"]["model"] == "reference"
    assert (found["J0001"]["status"], found["J0001"]["procedure_category"]) == ("valid", "drug")
    assert found["C9756"]["model"] == "claude scripted"


def test_pending_means_the_same_everywhere_when_only_undecided_codes_are_asked(
    store: Store,
) -> None:
    load(store, "codes.csv", [*SCOPE_CODES, IMAGES])
    annotator = Scripted({})
    recipe_id = annotator.recipe.recipe_id
    store.recipes.choose("HCPCS", annotator.recipe, "test", AskFor.UNDECIDED, Reconcile.BOTH)
    store.flat.refresh("HCPCS", DAY)
    cells = store.cells.of_system("HCPCS", DAY).values()
    assert store.ledger.pending(ALL, recipe_id) == 1
    assert store.ledger.pending(Scope("HCPCS", DAY, ask=AskFor.ALL), recipe_id) == 41
    assert [
        code.code for page in store.ledger.pending_pages("HCPCS", recipe_id, DAY) for code in page
    ] == ["C9756"]
    assert sum(cell.pending for cell in cells) == 1
    assert store.figures.of_system("HCPCS", DAY).pending == 1
    store.recipes.choose("HCPCS", annotator.recipe, "test", AskFor.ALL)
    assert store.ledger.pending(ALL, recipe_id) == 41
