"""fill_ledger: everything that is pending in one run, or as much as was asked for."""

import dagster as dg

from facets_pipeline.definitions import build_defs
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns


def _filled(runs: GraphRuns, **config: object) -> dg.ExecuteInProcessResult:
    job = build_defs().resolve_job_def("fill_ledger")
    steps = {"fill_pending": {"config": {"annotator": "RULES", **config}}}
    return job.execute_in_process(run_config={"ops": steps}, instance=runs.instance)


def _pending(runs: GraphRuns) -> int:
    with runs.store() as store:
        active = store.recipes.active("HCPCS")
        assert active is not None
        return store.ledger.pending(Scope("HCPCS", store.today()), active.recipe_id)


def _shown(runs: GraphRuns) -> set[str]:
    return runs.instance.get_materialized_partitions(dg.AssetKey("llm_facets"))


def test_it_answers_everything_and_shows_the_partitions_of_that_system(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert _filled(runs, code_systems=["HCPCS"]).success
    assert _pending(runs) == 0
    assert _shown(runs) == {f"HCPCS|{chunk}" for chunk in CHUNKS}


def test_each_partition_says_what_it_holds_and_what_was_asked_for_it(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    _filled(runs, code_systems=["HCPCS"])
    shown = runs.instance.fetch_materializations(dg.AssetKey("llm_facets"), limit=100).records
    totals = {"codes": 0, "answered": 0, "pending": 0}
    for record in shown:
        assert record.asset_materialization is not None
        for name in totals:
            totals[name] += int(str(record.asset_materialization.metadata[name].value))
    assert totals == {"codes": len(HCPCS), "answered": len(HCPCS), "pending": 0}


def test_the_same_again_shows_nothing_anew(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    for _ in range(2):
        _filled(runs, code_systems=["HCPCS"])
    shown = runs.instance.fetch_materializations(dg.AssetKey("llm_facets"), limit=100).records
    assert len(shown) == len(CHUNKS)


def test_a_limit_leaves_the_rest_pending(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    _filled(runs, code_systems=["HCPCS"], limit=3)
    assert _pending(runs) == len(HCPCS) - 3
    assert not _shown(runs), "a trial marks no partition"


def test_force_asks_again_what_was_answered(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    for force in (False, True, False):
        _filled(runs, code_systems=["HCPCS"], force=force)
    with runs.store() as store:
        asked = sum(cost.codes for cost in store.figures.costs())
    assert asked == 2 * len(HCPCS)
