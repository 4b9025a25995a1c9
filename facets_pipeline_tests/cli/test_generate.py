"""`facets generate` and what shows its results, on four codes that were answered once."""

import dagster as dg
import pytest

from facets_pipeline.defs.dead_runs import PROCESS_TAG
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline_tests.cli.commands import Folder, Here

pytestmark = pytest.mark.cli


def test_nothing_to_do_is_said_and_shows_no_partition_again(worked: Folder) -> None:
    with worked.instance() as instance:
        before = _cells_shown(instance)
    document = worked.json("generate")
    assert [system["pending"] for system in document["systems"]] == [0]
    assert document["report"].endswith("coverage_report.html")
    with worked.instance() as instance:
        assert _cells_shown(instance) == before == len(CHUNKS)


def test_a_dry_run_says_what_would_be_asked_and_changes_nothing(worked: Folder) -> None:
    done = worked.run("generate", "--dry-run", "--force")
    assert done.returncode == 0
    assert "CPT: 4 codes pending" in done.stdout
    assert "cost $0.00" in done.stdout
    document = worked.json("generate", "--dry-run")
    assert [plan["pending"] for plan in document["systems"]] == [0]


def test_all_partitions_are_there_and_marked_with_their_process(worked: Folder) -> None:
    with worked.instance() as instance:
        shown = instance.get_materialized_partitions(dg.AssetKey("llm_facets"))
        (run,) = [run for run in instance.get_runs() if run.job_name == "fill_ledger"][-1:]
    assert shown == {f"CPT|{chunk}" for chunk in CHUNKS}
    assert run.is_success
    assert run.tags[PROCESS_TAG].startswith(run.run_id)


def test_status_fits_80_columns(worked: Folder) -> None:
    done = worked.run("status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Coverage" in done.stdout
    assert "100 %" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_sample_and_export_show_the_same_codes(worked: Folder) -> None:
    shown = worked.json("sample", "--code", "99213")
    assert [row["code"] for row in shown] == ["99213"]
    assert worked.json("export", "all.csv")["codes"] == 4
    lines = (worked.path / "all.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["99212", "99213", "99214", "99215"]


def test_without_codes_the_next_step_is_named(here: Here) -> None:
    done = here.run("generate", "--json")
    assert done.code == 2
    assert "facets load FILE" in done.json()["error"]
    done = here.run("status")
    assert done.code == 0
    assert "facets load FILE" in done.out


def _cells_shown(instance: dg.DagsterInstance) -> int:
    return len(instance.fetch_materializations(dg.AssetKey("llm_facets"), limit=1000).records)
