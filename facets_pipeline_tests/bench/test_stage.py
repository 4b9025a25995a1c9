"""A run's figures follow from the server's account: times, refusals, bounds."""

from typing import Any

import pytest

from facets_pipeline_tests.bench.stage import Filled, bound_seconds


def call(received_at: float, status: int = 200) -> dict[str, Any]:
    """Return a call as the account has it; it takes half a second."""
    return {"received_at": received_at, "finished_at": received_at + 0.5, "status": status}


def filled(*calls: dict[str, Any]) -> Filled:
    """Return a run of these calls."""
    return Filled(
        codes=1, calls=list(calls), account={}, workers=[], start_up_seconds=0.0, pending=0
    )


@pytest.mark.parametrize(
    ("units", "per_minute", "seconds"),
    [(1_000, 1_200, 49.0), (10, 1_200, 0.0), (400_000, 400_000, 59.0)],
)
def test_the_ideal_lets_one_second_through_at_once(
    units: float, per_minute: float, seconds: float
) -> None:
    assert bound_seconds(units, per_minute) == pytest.approx(seconds)


def test_time_runs_from_the_first_request_to_the_last_arrival() -> None:
    assert filled(call(10.0), call(11.0), call(14.0, 429)).seconds == pytest.approx(4.0)


def test_only_refusals_after_the_first_answer_count_as_after_learning() -> None:
    run = filled(call(10.0), call(10.2, 429), call(10.6, 429), call(12.0))
    assert len(run.refused()) == 2
    assert run.refused_after_learning() == 1
