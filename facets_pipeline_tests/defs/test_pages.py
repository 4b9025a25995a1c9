"""The pages of the assets: tables with content, numbers that plot, nothing made up."""

from pathlib import Path
from typing import Any

import dagster as dg

from facets_pipeline.definitions import build_defs
from facets_pipeline_tests.claude_server import Fault, RunningServer
from facets_pipeline_tests.defs.graph_runs import BROKEN, CELL, HCPCS, GraphRuns, shown

LICENSED = "An invented text that only licensees may read"


def _newest(runs: GraphRuns, key: str = CELL) -> dict[str, Any]:
    wanted = dg.AssetRecordsFilter(dg.AssetKey("llm_facets"), [key])
    (record,) = runs.instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization is not None
    return {name: each.value for name, each in record.asset_materialization.metadata.items()}


def _ask_all(runs: GraphRuns) -> None:
    config = {"code_systems": ["HCPCS"], "annotator": "CLAUDE"}
    build_defs().resolve_job_def("fill_ledger").execute_in_process(
        run_config={"ops": {"fill_pending": {"config": config}}}, instance=runs.instance
    )


def test_raw_codes_names_what_a_release_changed_with_its_words(runs: GraphRuns) -> None:
    first = shown(runs.load(HCPCS), "raw_codes")
    assert "| added | G0008 | Giving a flu vaccine |" in first["changed_codes"]
    again = {**HCPCS, "G0008": "Giving a flu vaccine at home"}
    del again["A0021"]
    found = shown(runs.load(again), "raw_codes")["changed_codes"]
    assert "| changed | G0008 | Giving a flu vaccine at home |" in found
    assert "| absent | A0021 | Ambulance ride per mile |" in found
    assert "added" not in found


def test_a_release_that_changes_nothing_says_so(runs: GraphRuns) -> None:
    path = str(runs.codes_file(HCPCS))
    runs.materialize("raw_codes", "HCPCS", {"path": path})
    again = runs.materialize("raw_codes", "HCPCS", {"path": path})
    assert shown(again, "raw_codes")["changed_codes"] == "No code changed."


def test_text_that_is_not_public_is_never_shown(runs: GraphRuns) -> None:
    result = runs.load({"99213": LICENSED, "99214": LICENSED}, "CPT")
    assert "| added | 99213 | not shown |" in shown(result, "raw_codes")["changed_codes"]
    runs.fill("CPT")
    rows = runs.materialize("validated_facets", "CPT")
    assert "| 99213 | not shown | valid |" in shown(rows, "validated_facets")["sample"]
    runs.materialize("coverage_report")
    for run in runs.instance.get_runs():
        assert all(LICENSED not in str(entry) for entry in runs.instance.all_logs(run.run_id))


def test_a_partition_that_claude_filled_shows_what_it_took(
    runs: GraphRuns, claude: RunningServer
) -> None:
    runs.load(HCPCS)
    claude.admin.plan(Fault("malformed_json", codes=("G0008",), count=1))
    found = shown(runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"}), "llm_facets")
    assert found["repaired"] >= 1
    assert found["calls"] >= 2
    assert found["cost_usd"] == float(claude.admin.cost_usd())
    assert found["requests_per_minute"] > 0
    assert found["seconds"] > 0
    assert found["output_tokens"] > 0


def test_a_run_over_all_chunks_shows_the_same_of_each(
    runs: GraphRuns, claude: RunningServer
) -> None:
    runs.load(HCPCS)
    claude.admin.plan(Fault("malformed_json", codes=("G0008",), count=1))
    _ask_all(runs)
    found = _newest(runs)
    assert found["repaired"] >= 1
    assert found["asked_now"] == found["codes"]
    assert found["reused"] == 0
    assert found["cost_usd"] > 0
    assert found["seconds"] > 0
    assert found["requests_per_minute"] > 0


def test_what_nobody_knows_is_left_out_not_zero(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = _newest(runs)
    assert (found["asked_now"], found["calls"], found["cost_usd"]) == (found["codes"], 1, 0.0)
    assert "requests_per_minute" not in found
    assert "seconds" not in found
    again = shown(runs.cell(), "llm_facets")
    assert (again["calls"], "requests_per_minute" in again) == (0, False)


def test_codes_in_review_stand_on_the_page_with_the_reason(
    runs: GraphRuns, claude: RunningServer
) -> None:
    claude.admin.answer_with({"G0008": dict(BROKEN)})
    runs.load(HCPCS)
    _ask_all(runs)
    found = _newest(runs)
    assert found["in_review"] == 1
    assert "| G0008 | breaks_rules after 3 answers: R9: " in found["codes_in_review"]
    assert found["codes_pending"] == "No code is pending."


def test_rows_can_be_read_on_the_page_of_the_table(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    found = shown(runs.materialize("validated_facets", "HCPCS"), "validated_facets")
    assert (
        "| A0021 | Ambulance ride per mile | valid | procedure_category transport"
        in (found["sample"])
    )
    assert found["pending_chunks"] == "No code is pending."
    assert "html" not in found, "there is no report yet"


def test_the_report_is_linked_from_both_pages(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.materialize("validated_facets", "HCPCS")
    report = shown(runs.materialize("coverage_report"), "coverage_report")
    rows = shown(runs.materialize("validated_facets", "HCPCS"), "validated_facets")
    assert rows["html"] == report["html"]
    assert rows["html_address"] == report["html_address"] == Path(report["html"]).as_uri()
    assert "# " in report["report"]


def test_tables_show_their_columns_and_what_each_holds() -> None:
    for spec in build_defs().resolve_all_asset_specs():
        schema = spec.metadata.get("dagster/column_schema")
        if isinstance(schema, dg.TableSchema):
            assert [column.name for column in schema.columns if not column.description] == []
            assert spec.metadata["dagster/table_name"]


def test_every_asset_says_whether_it_may_spend_money() -> None:
    costs = {
        spec.key.to_user_string(): spec.tags.get("cost")
        for spec in build_defs().resolve_all_asset_specs()
    }
    assert costs["llm_facets"] == "paid"
    assert {costs[name] for name in ("raw_codes", "validated_facets", "coverage_report")} == {
        "free"
    }
