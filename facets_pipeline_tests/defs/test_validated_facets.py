"""validated_facets: the table, and the checks that stop what must not go on."""

import dagster as dg
import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.flat_table import NAME
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns, check, shown

# An evaluation-and-management level on a code that is no such visit breaks a rule of the codebook.
BREAK = sa.text(f"UPDATE {NAME} SET em_level = 'level_3' WHERE code = 'A0021'")  # noqa: S608 - constants


def test_every_active_code_has_a_row_and_the_checks_are_green(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    result = runs.materialize("validated_facets", "HCPCS")
    found = shown(result, "validated_facets")
    assert found["dagster/row_count"] == found["active"] == found["answered"] == len(HCPCS)
    assert (found["pending"], found["stale"], found["coverage"]) == (0, 0, 1.0)
    assert check(result, "codebook_rules_hold").passed
    assert check(result, "nothing_pending").passed


def test_pending_codes_are_a_warning_not_a_missing_table(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.cell()
    result = runs.materialize("validated_facets", "HCPCS")
    assert result.success
    assert shown(result, "validated_facets")["dagster/row_count"] == len(HCPCS)
    evaluation = check(result, "nothing_pending")
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    pending = evaluation.metadata["pending"].value
    assert isinstance(pending, int)
    assert pending > 0


def test_a_valid_row_that_breaks_the_codebook_stops_what_follows(runs: GraphRuns) -> None:
    runs.load(HCPCS)
    runs.fill()
    runs.materialize("validated_facets", "HCPCS")
    with runs.store() as store, store.database.write() as connection:
        connection.execute(BREAK)
    with pytest.raises(dg.DagsterError, match="codebook_rules_hold"):
        runs.materialize("validated_facets", "HCPCS")
    records = runs.instance.get_runs(limit=1)
    assert records[0].status is dg.DagsterRunStatus.FAILURE
