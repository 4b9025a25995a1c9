"""reference_facets: a second opinion on every code, free, sharpened by official tables."""

from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, shown

FEES = [("G0008", {"status": "M", "global_days": "XXX", "work_rvu": "0.00"})]


def test_every_active_code_has_one_and_the_page_says_what_it_rests_on(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    found = shown(runs.materialize("reference_facets", "HCPCS"), "reference_facets")
    assert found["dagster/row_count"] == len(HCPCS)
    assert found["share_by_official"] == 0
    assert "facets load --reference" in str(found["official_tables"])
    assert "procedure_category" in str(found["bases"])


def test_an_official_table_shows_at_once(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    with runs.store() as store:
        store.references.load("pprrvu", "fees.csv", "1", "2025-10", FEES)
    found = shown(runs.materialize("reference_facets", "HCPCS"), "reference_facets")
    share = found["share_by_official"]
    assert isinstance(share, float)
    assert share > 0
    assert found["official_tables"] == "pprrvu 2025-10"
