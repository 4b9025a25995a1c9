"""Pauses that stop everybody, and a clock that is set wrong, on SQLite and on Postgres."""

from collections.abc import Generator

import pytest

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.throttle import StoreThrottle
from facets_pipeline.engine.throttle import LONGEST_PAUSE_SECONDS, Cost, Limits
from facets_pipeline_tests.adapters.store.throttle_desk import SPACING, TOLERANCE, Desk, gaps

MODEL = "a-model"


@pytest.fixture
def desk(database: Database) -> Generator[Desk]:
    """A throttle at 1,200 calls a minute whose burst is used up."""
    with database.write() as connection:
        paced = Desk(connection, MODEL)
        paced.knows(Limits(1200))
        paced.use_burst()
        yield paced


def test_a_pause_puts_off_all_later_starts_and_keeps_their_spacing(desk: Desk) -> None:
    without = desk.reserve().wait_seconds
    desk.pause(30)
    waits = desk.waits(10)
    assert waits[0] == pytest.approx(without + SPACING + 30, abs=TOLERANCE)
    assert gaps(waits) == pytest.approx([SPACING] * 9, abs=TOLERANCE)


def test_a_pause_holds_while_no_limit_is_known(database: Database) -> None:
    with database.write() as connection:
        desk = Desk(connection)
        desk.pause(5)
        desk.now += 2
        assert desk.waits(2) == pytest.approx([3, 3], abs=TOLERANCE)
        desk.now += 3
        assert desk.waits(2) == pytest.approx([0, 0], abs=TOLERANCE)


def test_calls_that_had_their_start_already_are_put_off_by_the_pause(desk: Desk) -> None:
    grants = [desk.reserve() for _ in range(5)]
    assert [desk.recheck(grant).wait_seconds for grant in grants] == [0.0] * 5
    desk.pause(30)
    held = [desk.recheck(grant) for grant in grants]
    assert [grant.wait_seconds for grant in held] == pytest.approx([30] * 5, abs=TOLERANCE)
    assert gaps([grant.start for grant in held]) == pytest.approx([SPACING] * 4, abs=TOLERANCE)
    assert held[-1].start < desk.reserve().start
    assert [desk.recheck(grant).wait_seconds for grant in held] == [0.0] * 5
    desk.pause(31)
    assert desk.recheck(held[0]).wait_seconds == pytest.approx(1, abs=TOLERANCE)


def test_pauses_at_the_same_time_do_not_add_up_and_the_longest_holds(desk: Desk) -> None:
    grant = desk.reserve()
    desk.pause(30)
    desk.now += 10
    desk.pause(5)
    desk.pause(20)
    assert desk.recheck(grant).wait_seconds == pytest.approx(30, abs=TOLERANCE)
    desk.pause(25)
    assert desk.recheck(grant).wait_seconds == pytest.approx(35, abs=TOLERANCE)
    assert desk.reserve().wait_seconds > 25


@pytest.mark.parametrize(("asked", "held"), [(1e9, LONGEST_PAUSE_SECONDS), (-5.0, 0.0)])
def test_a_pause_is_bounded(desk: Desk, asked: float, held: float) -> None:
    grant = desk.reserve()
    desk.pause(asked)
    assert desk.recheck(grant).wait_seconds == pytest.approx(held, abs=TOLERANCE)


def test_a_clock_set_back_makes_nobody_wait_and_forgets_nothing(desk: Desk) -> None:
    desk.waits(20)
    before = desk.reserve().wait_seconds
    desk.now -= 3600
    assert desk.reserve().wait_seconds == pytest.approx(before + SPACING, abs=TOLERANCE)
    desk.pause(10)
    desk.now -= 3600
    assert desk.reserve().wait_seconds == pytest.approx(before + 2 * SPACING + 10, abs=TOLERANCE)


def test_a_clock_set_back_moves_settling_pausing_and_learning_too(desk: Desk) -> None:
    desk.pause(10)
    expected = desk.reserve().wait_seconds
    for step in (
        lambda: desk.settle(Cost(1, 5), Cost(1, 6)),
        lambda: desk.pause(1),
        lambda: desk.knows(Limits(1200, 9e9)),
    ):
        desk.now -= 3600
        step()
        expected += SPACING
        assert desk.reserve().wait_seconds == pytest.approx(expected, abs=TOLERANCE)


def test_a_clock_set_forward_and_back_costs_nothing(desk: Desk) -> None:
    desk.now += 86_400
    desk.use_burst()
    desk.now -= 86_400
    assert desk.reserve().wait_seconds < 3 * SPACING


def test_what_one_process_learns_and_pauses_holds_for_the_other(empty_url: str) -> None:
    with Database.open(empty_url) as first, Database.open(empty_url) as second:
        one, other = StoreThrottle(first), StoreThrottle(second)
        grant = one.reserve(MODEL, Cost())
        assert other.learn(MODEL, Limits(600, 70_000)) == Limits(600, 70_000)
        assert other.learn(MODEL, Limits(600)) == Limits(600, 70_000)
        assert one.limits(MODEL) == Limits(600, 70_000)
        other.pause(MODEL, 20)
        assert one.recheck(MODEL, grant).wait_seconds == pytest.approx(20)
        later = one.reserve(MODEL, Cost(1, 3500))
        assert 15 < later.wait_seconds <= 20
        assert later.limits == Limits(600, 70_000)
        one.settle(MODEL, Cost(1, 3500), Cost(1, 7000))
        again = other.reserve(MODEL, Cost(1, 3500))
        assert again.start - later.start == pytest.approx(6 / 0.98, rel=0.01)
