"""review_queue: what waits for a person, as Dagster shows it."""

from facets_pipeline_tests.adapters.store.contents import answer_all, hcpcs, load
from facets_pipeline_tests.defs.graph_runs import GraphRuns, shown
from facets_pipeline_tests.engine.annotators import FirstWord


def test_the_queue_is_counted_and_its_first_codes_are_named(runs: GraphRuns) -> None:
    with runs.store() as store:
        texts = {"A0001": "drug one", "A0002": "broken two", "A0003": "laboratory three"}
        load(store, "codes.csv", [hcpcs(code, text) for code, text in texts.items()])
        answer_all(store, FirstWord())
        store.flat.refresh("HCPCS", store.today())
    found = shown(runs.materialize("review_queue"), "review_queue")
    assert (found["dagster/row_count"], found["in_review"], found["in_doubt"]) == (2, 2, 0)
    assert found["facet_service_location"] == found["cause_broken"] == 2
    assert found["facet_em_level"] == found["cause_doubt"] == 0
    lines = found["first_codes"].splitlines()
    assert len(lines) == 4
    assert "A0002" in lines[2]
    assert "office" in lines[2]
    assert "two" not in lines[2]


def test_an_empty_queue_says_so(runs: GraphRuns) -> None:
    found = shown(runs.materialize("review_queue"), "review_queue")
    assert (found["dagster/row_count"], found["first_codes"]) == (0, "Nothing waits for a person.")
