"""refresh_pending: one click, no configuration, whatever colour Dagster shows; and by chunks."""

import dagster as dg
import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.partitions import chunk_partitions
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.defs.graph_runs import CELL, HCPCS, GraphRuns

FACETS = dg.AssetKey("llm_facets")

NEW = next(
    code
    for number in range(200, 900)
    if f"HCPCS|{chunk_of(code := f'E{number:04}')}" == CELL and code not in HCPCS
)
"""A code of the partition in which `G0008` stands."""


def _clicked(
    runs: GraphRuns, job: str = "refresh_pending", **config: object
) -> dg.ExecuteInProcessResult:
    steps = {"ops": {"fill_pending": {"config": config}}} if config else {}
    return build_defs().resolve_job_def(job).execute_in_process(steps, instance=runs.instance)


def _status(runs: GraphRuns, key: str) -> str | None:
    found = runs.instance.get_status_by_partition(FACETS, [key], chunk_partitions) or {}
    status = found.get(key)
    return None if status is None else status.value


def _pending(runs: GraphRuns) -> int:
    with runs.store() as store:
        active = store.recipes.active("HCPCS")
        return store.ledger.pending(
            Scope("HCPCS", store.today()), active.recipe_id if active else ""
        )


def _said(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    (output,) = [event for event in result.all_events if event.is_successful_output]
    return {name: entry.value for name, entry in output.step_output_data.metadata.items()}


def test_a_click_asks_what_a_release_left_pending_in_a_green_partition(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert _clicked(runs).success
    shown = runs.instance.fetch_materializations(FACETS, limit=100).records
    runs.load({**HCPCS, NEW: "A chair that is new"})
    result = _clicked(runs)
    assert _said(result)["HCPCS_asked"] == 1
    assert _pending(runs) == 0
    again = runs.instance.fetch_materializations(FACETS, limit=100).records
    changed = [record.partition_key for record in again[: len(again) - len(shown)]]
    assert changed == [CELL]


def test_a_code_system_without_a_source_is_left_out_and_that_is_said(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    said = _said(_clicked(runs))
    assert said["CPT_left_out"] == "no source"
    assert said["HCPCS_answered"] == len(HCPCS)


def test_only_cpt_loaded_is_enough(runs: GraphRuns) -> None:
    runs.load({"99213": "Office visit of an established patient"}, "CPT")
    said = _said(_clicked(runs))
    assert (said["CPT_answered"], said["HCPCS_left_out"]) == (1, "no source")


def test_with_nothing_loaded_it_fails_and_says_how(runs: GraphRuns) -> None:
    with pytest.raises(dg.Failure, match="facets load FILE"):
        _clicked(runs)


def test_a_partition_that_failed_though_nothing_is_pending_in_it_turns_green(
    runs: GraphRuns,
) -> None:
    runs.load(HCPCS)
    _clicked(runs)
    job = build_defs().resolve_job_def("materialize_llm_facets")
    failed = runs.instance.create_run_for_job(
        job, tags={"dagster/partition": CELL}, asset_selection=frozenset({FACETS})
    )
    runs.instance.report_run_failed(failed)
    assert _status(runs, CELL) == "FAILED"
    _clicked(runs)
    assert _status(runs, CELL) == "MATERIALIZED"


def test_chunks_bound_what_is_asked_and_shown(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    chunk = chunk_of("A0021")
    _clicked(runs, "fill_ledger", chunks=[chunk])
    alone = [code for code in HCPCS if chunk_of(code) == chunk]
    assert _pending(runs) == len(HCPCS) - len(alone)
    shown = runs.instance.get_materialized_partitions(FACETS)
    assert shown == {f"HCPCS|{chunk}"}


def test_a_chunk_that_there_is_not_is_refused_before_anything_is_asked(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    with pytest.raises(dg.Failure, match="'7'"):
        _clicked(runs, "fill_ledger", chunks=["7"])
    assert _pending(runs) == len(HCPCS)
