"""The job ask_review_model: the same as on the command line, started by a person alone."""

import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline_tests.claude_server import running_server
from facets_pipeline_tests.cli.test_review_ask import SLIPS, fill
from facets_pipeline_tests.defs.graph_runs import GraphRuns


def test_the_job_asks_keeps_and_refreshes(runs: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    with runs.store() as store:
        fill(store)
        with running_server() as server:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
            monkeypatch.setenv("ANTHROPIC_API_KEY", server.api_key)
            monkeypatch.setenv("FACETS_REVIEW_MODEL", "claude-opus-5-5")
            job = build_defs().resolve_job_def("ask_review_model")
            assert job.execute_in_process(instance=runs.instance).success
            assert server.admin.account()["paid_calls"] == len(SLIPS)
        for row in store.flat.rows("HCPCS", list(SLIPS)):
            assert row["opinions"]["third"]["body_region"][2] == "claude-opus-5-5"


def test_nothing_starts_it_by_itself() -> None:
    repository = build_defs().get_repository_def()
    schedules = {each.job_name for each in repository.schedule_defs}
    sensors = {target.job_name for sensor in repository.sensor_defs for target in sensor.targets}
    assert "ask_review_model" in {job.name for job in repository.get_all_jobs()}
    assert "ask_review_model" not in schedules | sensors
