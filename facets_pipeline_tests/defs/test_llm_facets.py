"""llm_facets: a cell asks what is pending in it, once, and says what it did."""

from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline_tests.defs.graph_runs import CELL, HCPCS, GraphRuns, check, shown, version

IN_CELL = sum(f"HCPCS|{chunk_of(code)}" == CELL for code in HCPCS)
EMPTY_CELL = next(
    f"HCPCS|{chunk}" for chunk in CHUNKS if chunk not in {chunk_of(code) for code in HCPCS}
)


def test_a_cell_answers_its_codes_and_shows_the_figures(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    result = runs.cell()
    found = shown(result, "llm_facets")
    assert found["codes"] == found["answered"] == found["asked_now"] == IN_CELL
    assert (found["reused"], found["pending"], found["in_review"]) == (0, 0, 0)
    assert found["dagster/partition_row_count"] == IN_CELL
    evaluation = check(result, "chunk_complete")
    assert evaluation.passed
    assert evaluation.metadata["chunk"].value == CELL


def test_a_cell_finds_what_was_answered_before_in_the_ledger(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = shown(runs.cell(), "llm_facets")
    assert (found["asked_now"], found["reused"]) == (0, IN_CELL)


def test_the_data_version_changes_only_with_the_cell(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    first = version(runs.cell())
    assert version(runs.cell()) == first
    outside = next(code for code in _unused_codes() if f"HCPCS|{chunk_of(code)}" != CELL)
    runs.load({**HCPCS, outside: "Something new elsewhere"})
    runs.fill()
    assert version(runs.cell()) == first
    inside = next(code for code in _unused_codes() if f"HCPCS|{chunk_of(code)}" == CELL)
    runs.load({**HCPCS, outside: "Something new elsewhere", inside: "Something new here"})
    assert version(runs.cell()) != first


def test_a_cell_without_active_codes_succeeds_with_none(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    result = runs.cell(EMPTY_CELL)
    assert result.success
    assert shown(result, "llm_facets")["codes"] == 0
    assert check(result, "chunk_complete").passed


def test_a_system_without_a_source_is_not_missing(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    assert shown(runs.cell("CPT|00"), "llm_facets")["codes"] == 0
    result = runs.materialize("validated_facets", "CPT")
    assert result.success
    assert shown(result, "validated_facets")["dagster/row_count"] == 0


def _unused_codes() -> list[str]:
    return [code for number in range(200, 900) if (code := f"E{number:04}") not in HCPCS]
