"""raw_codes: what it loads, where it looks, and what it says when there is nothing."""

import dagster as dg
import pytest

from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, shown


def test_a_file_from_the_run_configuration_is_loaded_and_counted(runs: GraphRuns) -> None:
    found = shown(runs.load(HCPCS), "raw_codes")
    assert found["dagster/row_count"] == len(HCPCS)
    assert found["active"] == found["added"] == len(HCPCS)
    assert found["source"].endswith("codes.csv")
    assert found["rows_left_out"] == "None."


def test_rows_left_out_are_named_with_their_rule(runs: GraphRuns) -> None:
    found = shown(runs.load({**HCPCS, "A1": "A modifier"}), "raw_codes")
    assert found["skipped"] == 1
    assert "| A1 | skipped | modifier |" in found["rows_left_out"]


def test_without_a_path_the_configured_source_counts_then_the_one_loaded_last(
    runs: GraphRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = runs.codes_file(HCPCS, "configured.csv")
    monkeypatch.setenv("FACETS_HCPCS_SOURCE", str(configured))
    assert shown(runs.materialize("raw_codes", "HCPCS"), "raw_codes")["source"] == str(configured)
    monkeypatch.delenv("FACETS_HCPCS_SOURCE")
    again = shown(runs.materialize("raw_codes", "HCPCS"), "raw_codes")
    assert again["source"] == str(configured)


def test_with_nothing_registered_it_fails_with_the_remedy_and_without_retries(
    runs: GraphRuns,
) -> None:
    with pytest.raises(dg.Failure, match="No source is known for CPT: run `facets load") as caught:
        runs.materialize("raw_codes", "CPT")
    assert not caught.value.allow_retries


def test_a_release_that_would_drop_codes_stops_and_changes_nothing(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    one = runs.codes_file({"G0008": HCPCS["G0008"]}, "extract.csv")
    with pytest.raises(dg.Failure, match="--partial"):
        runs.materialize("raw_codes", "HCPCS", {"path": str(one)})
    with runs.store() as store:
        assert store.codes.counts("HCPCS", store.today()).active == len(HCPCS)
