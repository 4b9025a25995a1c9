"""A failed partition: why, how far it came, what to do, and what is tried again by itself."""

import dagster as dg
import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline.defs import failing
from facets_pipeline.defs.failing import is_passing, plain_failures
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.errors import (
    AnnotatorError,
    BudgetError,
    FacetsError,
    SourceError,
    StoreError,
)
from facets_pipeline.engine.calls import InDoubt, NotPaid, NotPaidKind, Stop
from facets_pipeline_tests.claude_server import Fault, RunningServer
from facets_pipeline_tests.defs.graph_runs import CELL, HCPCS, GraphRuns, latest_check, shown

IN_CELL = sum(f"HCPCS|{chunk_of(code)}" == CELL for code in HCPCS)

OUTAGE = NotPaid(NotPaidKind.OVERLOADED, None, "The API is overloaded.")


def _retries(runs: GraphRuns) -> int:
    (run,) = runs.instance.get_runs(limit=1)
    events = runs.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_RESTARTED)
    return len(list(events))


@pytest.mark.parametrize(
    "permanent",
    [
        Stop("The key is refused."),
        BudgetError("The budget is used up."),
        AnnotatorError("There is no key."),
        SourceError("The file is no code file."),
        InDoubt("The reply was lost."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_heal_by_waiting_is_not_tried_again(permanent: FacetsError) -> None:
    assert not is_passing(permanent)
    with pytest.raises(dg.Failure) as caught, plain_failures(retry=0):
        raise permanent
    assert caught.value.description == str(permanent)
    assert not caught.value.allow_retries


@pytest.mark.parametrize("passing", [OUTAGE, StoreError("The store is locked.")])
def test_an_outage_is_tried_again_twice_with_longer_waits_then_told(passing: FacetsError) -> None:
    waits: list[float | None] = []
    for retry in (0, 1):
        with pytest.raises(dg.RetryRequested) as asked, plain_failures(retry=retry):
            raise passing
        waits.append(asked.value.seconds_to_wait)
    assert waits == [60.0, 120.0]
    with pytest.raises(dg.Failure, match=str(passing)), plain_failures(retry=2):
        raise passing


def test_where_nobody_counts_retries_an_outage_is_told_at_once() -> None:
    with pytest.raises(dg.Failure) as caught, plain_failures():
        raise OUTAGE
    assert caught.value.allow_retries


def test_an_explanation_that_fails_does_not_hide_the_cause() -> None:
    def explain(_error: FacetsError) -> dict[str, dg.MetadataValue]:
        raise StoreError("The store is away.")

    with pytest.raises(dg.Failure, match="The key is refused") as caught, plain_failures(explain):
        raise Stop("The key is refused.")
    assert caught.value.metadata["not_known_because"].value == "The store is away."


def test_a_failed_chunk_says_why_how_far_it_came_and_what_to_do(
    runs: GraphRuns, claude: RunningServer
) -> None:
    runs.load(HCPCS)
    claude.admin.plan(Fault("unauthorized"))
    with pytest.raises(dg.Failure, match="ANTHROPIC_API_KEY") as caught:
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"})
    told = {name: entry.value for name, entry in caught.value.metadata.items()}
    assert (told["cell"], told["answered"], told["cost_usd"]) == (CELL, 0, 0.0)
    assert told["pending"] == told["codes"] == IN_CELL
    assert told["cause"] == caught.value.description
    assert "what was answered costs nothing" in str(told["remedy"])
    assert _retries(runs) == 0


def test_an_unreachable_api_is_tried_again_and_then_told_with_its_sentence(
    runs: GraphRuns, claude: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "FIRST_WAIT_SECONDS", 0.0)
    runs.load(HCPCS)
    claude.kill()
    with pytest.raises(dg.Failure, match="cannot be reached") as caught:
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"})
    assert _retries(runs) == failing.MOST_RETRIES
    assert "tried again by itself" in str(caught.value.metadata["remedy"].value)
    assert not latest_check(runs.instance, "chunk_complete").passed


def test_running_it_again_asks_only_what_was_left(runs: GraphRuns, claude: RunningServer) -> None:
    runs.load(HCPCS)
    claude.admin.plan(Fault("unauthorized", count=1))
    with pytest.raises(dg.Failure):
        runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"})
    found = shown(runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"}), "llm_facets")
    assert found["pending"] == 0
    again = shown(runs.materialize("llm_facets", CELL, {"annotator": "CLAUDE"}), "llm_facets")
    assert (again["asked_now"], again["reused"]) == (0, again["codes"])


def test_a_run_over_all_chunks_that_fails_says_how_far_it_came(
    runs: GraphRuns, claude: RunningServer
) -> None:
    runs.load(HCPCS)
    runs.cell()
    claude.admin.plan(Fault("unauthorized"))
    config = {"code_systems": ["HCPCS"], "annotator": "CLAUDE"}
    with pytest.raises(dg.Failure, match="ANTHROPIC_API_KEY") as caught:
        build_defs().resolve_job_def("fill_ledger").execute_in_process(
            run_config={"ops": {"fill_pending": {"config": config}}}, instance=runs.instance
        )
    told = {name: entry.value for name, entry in caught.value.metadata.items()}
    assert (told["codes"], told["pending"], told["answered"]) == (len(HCPCS), len(HCPCS), 0)
    assert (told["asked_now"], told["cost_usd"]) == (0, 0.0)
    assert str(told["remedy"]).startswith("First do what the cause says.")
