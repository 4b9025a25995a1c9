"""fill_ledger: everything that is pending in one run, or as much as was asked for."""

import dagster as dg

from facets_pipeline.definitions import build_defs
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


def test_it_answers_everything_and_leaves_the_partitions_alone(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert _filled(runs, code_systems=["HCPCS"]).success
    assert _pending(runs) == 0
    assert not runs.instance.get_materialized_partitions(dg.AssetKey("llm_facets"))


def test_a_limit_leaves_the_rest_pending(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    _filled(runs, code_systems=["HCPCS"], limit=3)
    assert _pending(runs) == len(HCPCS) - 3


def test_force_asks_again_what_was_answered(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    for force in (False, True, False):
        _filled(runs, code_systems=["HCPCS"], force=force)
    with runs.store() as store:
        asked = sum(cost.codes for cost in store.figures.costs())
    assert asked == 2 * len(HCPCS)
