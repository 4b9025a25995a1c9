"""Planning a review reads pages: the queue may hold every code of a code system."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine, event

from facets_pipeline.adapters.annotators.claude.review_plans import ReviewPlan, review_plan
from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion, Stated
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.annotators.claude.paying import annotator_at
from facets_pipeline_tests.adapters.store.contents import answer_all, hcpcs, load
from facets_pipeline_tests.engine.annotators import FirstWord

EVERY = 10
"""One code in so many gets a wrong region: where sources differ always, none is believed."""


class Slipping(FirstWord):
    """Answers as the rules do, but for the region of one code in ten."""

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        return [_said(code) for code in codes]


def _said(code: Code) -> Opinion:
    said = {
        facet: replace(stated, basis="model", decided=False)
        for facet, stated in rules_opinion(code).items()
    }
    if int(code.code[1:]) % EVERY == 0:
        said["body_region"] = Stated("thorax", "model", decided=False)
    return said


def planned(store: Store, count: int) -> tuple[ReviewPlan, int]:
    """Load codes, up to `count` of them in doubt; return the plan and how often it read."""
    load(
        store,
        f"{count}.csv",
        [
            hcpcs(f"G{2000 + each}", f"Ultrasound of the knee, {each}")
            for each in range(count * EVERY)
        ],
    )
    answer_all(store, Slipping(), Scope("HCPCS", store.today()))
    store.refresh_rows("HCPCS", Reconcile.BOTH)
    read = 0

    def count_one(*_: object) -> None:
        nonlocal read
        read += 1

    event.listen(Engine, "before_cursor_execute", count_one)
    plan = review_plan(annotator_at("http://127.0.0.1:1"), store, "HCPCS", limit=0)
    event.remove(Engine, "before_cursor_execute", count_one)
    return plan, read


def test_many_doubts_are_read_as_often_as_few(store: Store) -> None:
    few, often = planned(store, 3)
    many, as_often = planned(store, 40)
    assert len(many.questions) > 5 * len(few.questions) > 0
    assert often == as_often


def test_a_limit_takes_those_that_matter_most(store: Store) -> None:
    every, _ = planned(store, 12)
    some = review_plan(annotator_at("http://127.0.0.1:1"), store, "HCPCS", limit=5)
    assert some.questions == every.questions[:5]
    assert some.worst_usd is not None
    assert every.worst_usd is not None
    assert some.worst_usd < every.worst_usd
