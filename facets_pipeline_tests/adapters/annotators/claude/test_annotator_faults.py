"""Whatever goes wrong on the way: every code ends once, neighbours are answered, sums are equal."""

from dataclasses import replace

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.outcomes import MAX_ATTEMPTS, MAX_LOST
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    PATIENCE_SECONDS,
    check_exact,
    fill_store,
    in_order,
    outcomes_of,
    states_of,
    with_codes,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer

COUNT = 25
NAMES = [f"A{number:04d}" for number in range(COUNT)]
POISONED = "A0007"
SHORT_PATIENCE = 3.0
"""How long a reply is waited for where one is slower than that, in seconds."""

TRANSPORT = [
    Fault("rate_limited", count=3, after=2, seconds=0.1),
    Fault("overloaded", count=3, after=2, seconds=0.1),
    Fault("server_error", count=2, after=2),
    Fault("drop_before_work", count=2, after=2),
    Fault("drop_before_reply", count=2, after=2),
    Fault("drop_mid_body", count=2, after=2),
    Fault("slow", count=1, after=2, seconds=SHORT_PATIENCE + 1),
    Fault("limit_change", count=1, after=2, rpm=600),
]
BAD_ANSWERS = [
    *("truncated", "refused", "wrong_code", "swapped_codes", "missing_code"),
    *("extra_code", "malformed_json", "invalid_enum", "empty_answer"),
]


def check_all_answered(store: Store, server: RunningServer) -> None:
    """Check that all codes are answered, that sums are equal, and that a second run is free."""
    found = outcomes_of(store)
    assert (found.answered, found.reasons, found.open_items) == (NAMES, {}, 0)
    check_exact(store, server)
    before = len(server.admin.requests("messages"))
    assert fill_store(store, server.base_url).calls == 0
    assert len(server.admin.requests("messages")) == before


@pytest.mark.parametrize("fault", TRANSPORT, ids=lambda fault: fault.kind)
def test_what_goes_wrong_on_the_way_costs_no_code(
    store: Store, server: RunningServer, fault: Fault
) -> None:
    with_codes(store, COUNT, server.admin)
    server.admin.plan(fault)
    patience = SHORT_PATIENCE if fault.kind == "slow" else PATIENCE_SECONDS
    report = fill_store(store, server.base_url, patience=patience)
    assert [one["fired"] for one in server.admin.faults()] == [fault.count]
    assert (report.answered, report.in_review) == (COUNT, 0)
    check_all_answered(store, server)


@pytest.mark.parametrize("kind", [*BAD_ANSWERS, "upper_case"])
def test_a_bad_answer_is_asked_for_again(store: Store, server: RunningServer, kind: str) -> None:
    with_codes(store, COUNT, server.admin)
    server.admin.plan(Fault(kind, count=3, after=1))
    report = fill_store(store, server.base_url)
    assert [one["fired"] for one in server.admin.faults()] == [3]
    assert (report.repaired > 0) == (kind != "upper_case"), "letters in capitals are no mistake"
    check_all_answered(store, server)


# An answer about one code has nothing to swap.
@pytest.mark.parametrize("kind", [kind for kind in BAD_ANSWERS if kind != "swapped_codes"])
def test_a_code_that_is_never_answered_well_ends_in_review_and_its_neighbours_do_not(
    store: Store, server: RunningServer, kind: str
) -> None:
    # The faults spoil the first code of an answer, or leave out the last.
    poisoned = in_order(10)[4 if kind in {"missing_code", "truncated"} else 0]
    with_codes(store, 10, server.admin)
    server.admin.plan(Fault(kind, codes=(poisoned,)))
    report = fill_store(store, server.base_url)
    found = outcomes_of(store)
    assert found.answered == [name for name in NAMES[:10] if name != poisoned]
    assert list(found.reasons) == [poisoned]
    assert f"after {MAX_ATTEMPTS} answers" in found.reasons[poisoned]
    assert (report.answered, report.in_review) == (9, 1)
    asked = [row for row in server.admin.requests("messages") if poisoned in row["codes"]]
    assert len(asked) == MAX_ATTEMPTS
    check_exact(store, server)
    assert fill_store(store, server.base_url).calls == 0


def test_attempts_are_counted_over_all_runs(store: Store, server: RunningServer) -> None:
    with_codes(store, 1, server.admin)
    server.admin.plan(Fault("malformed_json"))
    for run in range(MAX_ATTEMPTS):
        server.admin.plan(Fault("unauthorized", after=1, count=1))
        if run < MAX_ATTEMPTS - 1:
            with pytest.raises(Exception, match="refused the key"):
                fill_store(store, server.base_url)
            assert outcomes_of(store).reasons == {}
        else:
            fill_store(store, server.base_url)
    assert list(outcomes_of(store).reasons) == ["A0000"]
    assert states_of(store)["answered"] == MAX_ATTEMPTS


@pytest.mark.parametrize("seed", [1])
def test_everything_at_once(any_store: Store, server: RunningServer, seed: int) -> None:
    with_codes(any_store, COUNT, server.admin)
    # Spread out: the same failures in a row are an outage, before which a run waits ever longer.
    for place, fault in enumerate(TRANSPORT):
        server.admin.plan(replace(fault, count=1, after=4 * place + seed))
    for place, kind in enumerate([*BAD_ANSWERS, "upper_case"]):
        server.admin.plan(Fault(kind, count=2, after=3 * place + seed))
    server.admin.plan(Fault("limit_change", count=1, after=20, rpm=6000))
    fill_store(any_store, server.base_url, patience=SHORT_PATIENCE)
    found = outcomes_of(any_store)
    assert sorted([*found.answered, *found.reasons]) == NAMES
    assert len(found.answered) >= COUNT - 2
    assert found.open_items == 0
    check_exact(any_store, server)
    server.admin.clear_faults()
    assert fill_store(any_store, server.base_url).calls == 0


def test_a_code_that_breaks_every_connection_stops_the_run_when_all_others_are_answered(
    store: Store, server: RunningServer
) -> None:
    with_codes(store, 10, server.admin)
    server.admin.plan(Fault("drop_before_reply", codes=(POISONED,)))
    with pytest.raises(Exception, match=r"connection to .* was lost"):
        fill_store(store, server.base_url)
    assert outcomes_of(store).answered == [name for name in NAMES[:10] if name != POISONED]
    asked = [row for row in server.admin.requests("messages") if POISONED in row["codes"]]
    assert len(asked) == 6
    assert [len(row["codes"]) for row in asked[2:]] == [1] * 4, "it is asked alone"
    assert check_exact(store, server) == 6
    server.admin.clear_faults()
    assert fill_store(store, server.base_url).answered == 1


def test_a_code_whose_replies_are_always_lost_is_not_paid_for_every_night(
    store: Store, server: RunningServer
) -> None:
    with_codes(store, 3, server.admin)
    server.admin.plan(Fault("drop_before_reply", codes=("A0001",)))
    with pytest.raises(AnnotatorError, match=r"connection to .* was lost"):
        fill_store(store, server.base_url, run_id="first night")
    assert outcomes_of(store).reasons == {}, "one night without a connection blames no code"
    second = fill_store(store, server.base_url, run_id="second night")
    assert (second.in_review, second.in_doubt) == (1, 2)
    found = outcomes_of(store)
    assert (found.answered, found.open_items) == (["A0000", "A0002"], 0)
    assert f"no reply came {MAX_LOST} times, though asked alone" in found.reasons["A0001"]
    third = fill_store(store, server.base_url, run_id="third night")
    assert (third.calls, third.in_doubt) == (0, 0)
    asked = [row for row in server.admin.requests("messages") if "A0001" in row["codes"]]
    assert len(asked) == MAX_LOST
    assert check_exact(store, server) == MAX_LOST
