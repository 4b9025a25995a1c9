"""facet_accuracy: skipped without gold, plots with it; its check turns red by its figures."""

from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline.adapters.evaluating import register_gold
from facets_pipeline.adapters.store.gold import Golds
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, shown

HEADER = "code_system,code,facet,value\n"
RIGHT = (
    HEADER
    + "HCPCS,G0008,procedure_category,drug_administration\nHCPCS,J0120,procedure_category,drug\n"
)
WRONG = HEADER + "".join(
    f"HCPCS,{code},{facet},{value}\n"
    for code in HCPCS
    for facet, value in (("procedure_category", "dental"), ("body_region", "spine"))
)


@pytest.fixture
def answered(runs: GraphRuns) -> GraphRuns:
    """Four HCPCS codes, answered by rules, in the flat table."""
    runs.load(HCPCS)
    runs.fill()
    runs.materialize("validated_facets", "HCPCS")
    return runs


def gold_file(runs: GraphRuns, text: str) -> Path:
    path = runs.folder.parent / "gold.csv"
    path.write_text(text, encoding="utf-8")
    return path


def register(runs: GraphRuns, text: str) -> None:
    with runs.store() as store:
        register_gold(store, [gold_file(runs, text)])


def test_without_gold_it_is_skipped_with_a_sentence_and_not_failed(answered: GraphRuns) -> None:
    result = answered.materialize("facet_accuracy")
    assert result.success
    assert result.asset_materializations_for_node("facet_accuracy") == []
    found = check(result, "accuracy_reached")
    assert found.passed
    assert "facets evaluate --gold FILE" in str(found.description)


def test_gold_of_codes_that_are_not_loaded_is_no_failure(answered: GraphRuns) -> None:
    register(answered, HEADER + "CPT,70010,procedure_category,imaging\n")
    result = answered.materialize("facet_accuracy")
    assert result.success
    assert "Not one of 1 labelled codes" in str(check(result, "accuracy_reached").description)


def test_shares_of_every_source_plot_over_time(answered: GraphRuns) -> None:
    register(answered, RIGHT)
    result = answered.materialize("facet_accuracy")
    found = shown(result, "facet_accuracy")
    assert found["accuracy_reconciled_HCPCS"] == 1.0
    assert found["accuracy_rules_HCPCS"] == 1.0
    assert found["accuracy_low_rules_HCPCS"] == pytest.approx(0.342, abs=0.001)
    assert found["labelled_cells"] == 2
    assert "2 of 2 (34.2\u2013100 %)" in found["summary"]
    assert "accuracy_claude_HCPCS" not in found
    assert check(result, "accuracy_reached").passed


def test_a_table_that_is_surely_worse_than_wanted_is_an_error(answered: GraphRuns) -> None:
    register(answered, WRONG)
    result = answered.materialize("facet_accuracy")
    found = check(result, "accuracy_reached")
    assert result.success
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert "dental" in str(found.metadata["confusions"].value)


def test_what_chance_may_explain_is_a_warning(
    answered: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_ACCURACY_THRESHOLD", "0.9")
    register(answered, RIGHT + "HCPCS,A0021,procedure_category,dental\n")
    found = check(answered.materialize("facet_accuracy"), "accuracy_reached")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN


def test_the_threshold_is_a_setting(answered: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    register(answered, RIGHT + "HCPCS,A0021,procedure_category,dental\n")
    monkeypatch.setenv("FACETS_ACCURACY_THRESHOLD", "0.6")
    assert check(answered.materialize("facet_accuracy"), "accuracy_reached").passed


def test_the_configured_file_is_read_again_when_it_changes(
    answered: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gold_file(answered, RIGHT)
    monkeypatch.setenv("FACETS_GOLD", str(path))
    assert shown(answered.materialize("facet_accuracy"), "facet_accuracy")["labelled_cells"] == 2
    gold_file(answered, WRONG)
    assert shown(answered.materialize("facet_accuracy"), "facet_accuracy")["labelled_cells"] == 8


def test_what_was_found_is_kept_once(answered: GraphRuns) -> None:
    register(answered, RIGHT)
    answered.materialize("facet_accuracy")
    answered.materialize("facet_accuracy")
    with answered.store() as store:
        golds = Golds(store.database)
        kept = golds.newest()
        assert kept is not None
        (past,) = golds.past(kept.gold_id, 10)
    assert {score["source"] for score in past.scores} == {"rules", "reference", "reconciled"}
