"""failure_alerts: one document about a failed run, only where an address is set, and no secret."""

from collections.abc import Generator

import dagster as dg
import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.failure_alerts import failure_alerts
from facets_pipeline.domain.errors import AlertError
from facets_pipeline_tests.defs.alert_address import AlertAddress, alert_address
from facets_pipeline_tests.defs.graph_runs import GraphRuns

TOKEN = "canary-7281"  # noqa: S105 - it is looked for where it must not be


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Generator[AlertAddress]:
    """An address that the settings name."""
    with alert_address() as listening:
        monkeypatch.setenv("FACETS_ALERT_URL", listening.url)
        yield listening


@dg.job
def breaks() -> None:
    """One step that fails as no step should."""

    @dg.op
    def divide() -> None:
        raise ValueError("postgresql://user:canary-7281@host/db")

    divide()


def _failed(runs: GraphRuns) -> dg.ExecuteInProcessResult:
    job = build_defs().resolve_job_def("materialize_raw_codes")
    return job.execute_in_process(partition_key="CPT", instance=runs.instance, raise_on_error=False)


def _look(runs: GraphRuns, result: dg.ExecuteInProcessResult) -> object:
    run = runs.instance.get_run_by_id(result.run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_alerts",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=runs.instance,
        dagster_run=run,
    )
    return failure_alerts(context.for_run_failure())


def test_a_failed_run_is_told_with_its_sentence_and_its_partition(
    runs: GraphRuns, address: AlertAddress
) -> None:
    result = _failed(runs)
    assert _look(runs, result) is None
    (posted,) = address.posted
    assert "facets load FILE --code-system CPT" in posted.pop("sentence")
    assert posted == {
        "job": "materialize_raw_codes",
        "run_id": result.run_id,
        "cell": "CPT",
        "path": f"/runs/{result.run_id}",
    }


def test_without_an_address_nothing_is_sent_and_that_is_said(
    runs: GraphRuns, address: AlertAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETS_ALERT_URL", "")
    skipped = _look(runs, _failed(runs))
    assert isinstance(skipped, dg.SkipReason)
    assert "FACETS_ALERT_URL is not set" in (skipped.skip_message or "")
    assert address.posted == []


def test_of_an_unexpected_error_only_the_name_is_sent(
    runs: GraphRuns, address: AlertAddress
) -> None:
    result = breaks.execute_in_process(instance=runs.instance, raise_on_error=False)
    _look(runs, result)
    (posted,) = address.posted
    assert "ValueError" in posted["sentence"]
    assert TOKEN not in str(posted)


def test_an_address_that_does_not_take_it_is_an_error_that_hides_its_secret(
    runs: GraphRuns, address: AlertAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _failed(runs)
    address.status = 500
    for url in (address.url, "http://127.0.0.1:9/hook?token=canary-7281", "canary-7281"):
        monkeypatch.setenv("FACETS_ALERT_URL", url)
        with pytest.raises(AlertError) as failed:
            _look(runs, result)
        assert TOKEN not in str(failed.value)
        assert failed.value.__cause__ is None


def test_a_run_that_is_retried_by_itself_is_not_told_yet(
    runs: GraphRuns, address: AlertAddress
) -> None:
    result = _failed(runs)
    runs.instance.add_run_tags(result.run_id, {"dagster/will_retry": "true"})
    assert _look(runs, result) is not None
    assert address.posted == []
