"""distribution_drift: the spread of values against the materialisation before."""

import dagster as dg

from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, shown, text

CODES = {f"A{number:04}": "Ambulance service with basic life support" for number in range(200)}


def _drift(runs: GraphRuns, codes: dict[str, str]) -> dg.AssetCheckEvaluation:
    runs.load(codes)
    runs.fill()
    return check(runs.materialize("validated_facets", "HCPCS"), "distribution_drift")


def test_the_first_run_has_nothing_to_compare_with_and_says_so(runs: GraphRuns) -> None:
    found = _drift(runs, CODES)
    assert found.passed
    assert found.description == "There is no earlier materialisation to compare with yet."
    assert text(found, "compared_with") == "none"


def test_the_same_again_is_green_and_a_shift_is_named_until_the_day_is_over(
    runs: GraphRuns,
) -> None:
    _drift(runs, CODES)
    again = _drift(runs, CODES)
    assert again.passed
    assert text(again, "largest_distance_HCPCS") == "0.0"
    other = dict.fromkeys(list(CODES)[:60], "Standard wheelchair")
    for _ in range(2):
        found = _drift(runs, {**CODES, **other})
        assert not found.passed
        assert found.severity is dg.AssetCheckSeverity.WARN
        assert "procedure_category of HCPCS" in (found.description or "")
        assert "transport: 100.0% to " in text(found, "moved")


def test_a_few_codes_do_not_alarm(runs: GraphRuns) -> None:
    _drift(runs, HCPCS)
    assert _drift(runs, dict.fromkeys(HCPCS, "Standard wheelchair")).passed


def test_the_spread_stands_in_the_metadata_of_the_table(runs: GraphRuns) -> None:
    runs.load(CODES)
    runs.fill()
    found = shown(runs.materialize("validated_facets", "HCPCS"), "validated_facets")
    assert found["distribution"]["procedure_category"] == {"transport": 200, "no value": 0}
