"""nothing_pending: red as long as any loaded system has pending codes, with their names."""

import dagster as dg

from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, shown, text


def test_pending_codes_are_counted_and_named_with_their_chunk_and_reason(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.load({**HCPCS, "A0021": "Ambulance ride per kilometre"})
    result = runs.materialize("validated_facets", "HCPCS")
    found = check(result, "nothing_pending")
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert (text(found, "pending"), text(found, "codes")) == ("1", "A0021")
    row = f"| HCPCS\\|{chunk_of('A0021')} | 1 | 1 descriptor changed |"
    assert row in text(found, "by_chunk")
    assert row in shown(result, "validated_facets")["pending_chunks"]


def test_another_system_that_is_well_does_not_turn_it_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.load({"99213": "An invented visit"}, "CPT")
    runs.fill("CPT")
    found = check(runs.materialize("validated_facets", "CPT"), "nothing_pending")
    assert not found.passed
    assert (text(found, "pending_CPT"), text(found, "pending_HCPCS")) == ("0", str(len(HCPCS)))


def test_with_every_code_answered_it_is_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = check(runs.materialize("validated_facets", "HCPCS"), "nothing_pending")
    assert found.passed
    assert text(found, "codes") == "none"
