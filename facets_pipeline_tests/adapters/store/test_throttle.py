"""The shared throttle on a clock that the tests move, on SQLite and on Postgres."""

from collections.abc import Callable, Generator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facets_pipeline.adapters.store import throttle
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.engine.throttle import BURST_SECONDS, SHARE, Cost, Limits
from facets_pipeline_tests.adapters.store.throttle_desk import (
    SPACING,
    START,
    TOLERANCE,
    Desk,
    gaps,
)
from facets_pipeline_tests.claude_server import LimitSettings
from facets_pipeline_tests.claude_server.buckets import PoolLimits


@pytest.fixture
def desk(database: Database) -> Generator[Desk]:
    """A throttle that knows nothing yet."""
    with database.write() as connection:
        yield Desk(connection)


def test_while_no_limit_is_known_nothing_waits_and_the_grant_says_so(desk: Desk) -> None:
    grants = [desk.reserve(Cost(1, 5000, 5000)) for _ in range(50)]
    assert {grant.wait_seconds for grant in grants} == {0.0}
    assert {grant.known for grant in grants} == {False}
    assert grants[0].limits == Limits()


def test_a_known_limit_spaces_calls_evenly_after_a_small_burst(desk: Desk) -> None:
    desk.knows(Limits(1200))
    waits = desk.waits(100)
    at_once = waits.count(0.0)
    assert at_once == int(BURST_SECONDS / SPACING)
    assert gaps(waits[at_once:]) == pytest.approx([SPACING] * (99 - at_once))
    assert desk.reserve().known
    assert desk.reserve().limits == Limits(1200)


def test_an_idle_time_saves_up_no_more_than_the_burst(desk: Desk) -> None:
    desk.knows(Limits(1200))
    first = desk.waits(20)
    desk.now += 3600
    assert desk.waits(20) == pytest.approx(first, abs=TOLERANCE)


def test_a_limit_below_one_call_a_second_is_used_in_full(desk: Desk) -> None:
    desk.knows(Limits(30))
    assert gaps(desk.waits(5)) == pytest.approx([2 / SHARE] * 4)


@pytest.mark.parametrize(
    "limits", [Limits(1200, 60_000), Limits(1200, None, 60_000)], ids=["input", "output"]
)
def test_tokens_bind_where_they_are_the_smaller_limit(desk: Desk, limits: Limits) -> None:
    desk.knows(limits)
    waits = desk.waits(10, Cost(1, input_tokens=500, output_tokens=500))
    assert gaps(waits) == pytest.approx([0.5 / SHARE] * 9)


def test_the_smaller_of_cap_and_limit_counts(desk: Desk) -> None:
    assert desk.reserve(cap_rpm=60).known
    assert desk.reserve(cap_rpm=60).wait_seconds == pytest.approx(1 / SHARE)
    desk.knows(Limits(1200))
    before = desk.reserve(cap_rpm=60).start
    assert desk.reserve(cap_rpm=60).start - before == pytest.approx(1 / SHARE)
    desk.now = desk.reserve().start + 60
    desk.use_burst()
    before = desk.reserve(cap_rpm=9000).start
    assert desk.reserve(cap_rpm=9000).start - before == pytest.approx(SPACING)


@pytest.mark.parametrize("cap", [0.0, -1.0])
def test_a_cap_that_lets_nothing_start_is_refused(desk: Desk, cap: float) -> None:
    with pytest.raises(ValueError, match="lets nothing start"):
        desk.reserve(cap_rpm=cap)


def test_models_do_not_share_limits(desk: Desk) -> None:
    desk.knows(Limits(60))
    desk.waits(20)
    other = Desk(desk.connection, "another-model")
    assert other.reserve().wait_seconds == 0
    assert throttle.limits(desk.connection, "another-model") == Limits()
    assert throttle.limits(desk.connection, "a-model") == Limits(60)
    assert throttle.limits(desk.connection, "never-asked") == Limits()


def test_unused_tokens_come_back_and_unforeseen_ones_are_paid_for(desk: Desk) -> None:
    desk.knows(Limits(output_tokens=60_000 / SHARE))
    estimated = Cost(1, output_tokens=3000)
    assert desk.waits(2, estimated) == pytest.approx([0.0, 3.0], abs=TOLERANCE)
    desk.settle(estimated, Cost(1, output_tokens=1000))
    assert desk.reserve(estimated).wait_seconds == pytest.approx(4.0, abs=TOLERANCE)
    desk.now += 60
    desk.settle(estimated, Cost(1, output_tokens=5000))
    assert desk.reserve(estimated).wait_seconds == pytest.approx(2.0, abs=TOLERANCE)


def test_tokens_that_come_back_save_nothing_up(desk: Desk) -> None:
    desk.knows(Limits(1200, 60_000))
    first = desk.waits(5, Cost(1, 100))
    desk.now += 60
    desk.settle(Cost(1, 1_000_000), Cost(0, 0))
    assert desk.waits(5, Cost(1, 100)) == pytest.approx(first, abs=TOLERANCE)


def test_a_fallen_limit_is_followed_at_once_and_its_backlog_takes_longer(desk: Desk) -> None:
    desk.knows(Limits(1200))
    desk.use_burst()
    desk.waits(18)
    before = desk.reserve().wait_seconds + SPACING
    desk.knows(Limits(300))
    waits = desk.waits(5)
    assert gaps(waits) == pytest.approx([4 * SPACING] * 4)
    assert waits[0] == pytest.approx(4 * before, abs=4 * BURST_SECONDS)


def test_a_backlog_is_never_stretched_beyond_a_minute(desk: Desk) -> None:
    desk.knows(Limits(10_000))
    desk.waits(1000)
    desk.knows(Limits(50))
    assert 59 < desk.reserve().wait_seconds <= 60


def test_a_risen_limit_is_followed_after_the_starts_that_were_promised(desk: Desk) -> None:
    desk.knows(Limits(300))
    desk.use_burst()
    promised = desk.waits(10)[-1]
    desk.knows(Limits(1200))
    waits = desk.waits(20)
    assert waits[0] >= promised
    assert gaps(waits) == pytest.approx([SPACING] * 19)


def test_limits_that_are_known_are_learnt_without_writing(database: Database) -> None:
    said = Limits(1000, 2000, 3000)
    with database.write() as connection:
        assert throttle.learn(connection, "m", Limits(1000, 2000), Limits()) == Limits(1000, 2000)
        assert throttle.learn(connection, "m", Limits(None, None, 3000), Limits(1000, 2000)) == said
        assert throttle.limits(connection, "m") == said
    with database.read() as connection:
        assert throttle.learn(connection, "m", Limits(1000), said) == said
        assert throttle.learn(connection, "m", Limits(), said) == said


def test_a_booking_that_is_rolled_back_takes_nothing(database: Database) -> None:
    with database.write() as connection:
        Desk(connection).knows(Limits(60))

    def book(connection: sa.Connection) -> None:
        Desk(connection).waits(20)
        raise KeyError

    with pytest.raises(KeyError), database.write() as connection:
        book(connection)
    with database.write() as connection:
        assert Desk(connection).reserve().wait_seconds == 0


class Bucket:
    """What the throttle must agree with: a bucket that fills evenly, written the plain way."""

    def __init__(self, limit: float) -> None:
        self.rate = limit * SHARE / 60
        self.size = self.level = self.rate * BURST_SECONDS
        self.at = START

    def wait(self, cost: float, now: float) -> float:
        """Return the seconds until the bucket holds the cost, or is full."""
        return max(0.0, (min(cost, self.size) - self._level(now)) / self.rate)

    def take(self, cost: float, now: float) -> None:
        """Take units, into debt where the bucket is smaller than the cost."""
        self.level, self.at = self._level(now) - cost, now

    def _level(self, now: float) -> float:
        return min(self.size, self.level + (now - self.at) * self.rate)


amounts = st.integers(0, 20_000)
costs = st.builds(Cost, st.just(1), amounts, amounts)
arrivals = st.lists(st.tuples(st.floats(0, 5), costs), min_size=1, max_size=25)
limit_values = st.floats(20, 2_000_000)
every_limit = st.builds(Limits, st.floats(20, 10_000), limit_values, limit_values)
numbered: Callable[[], int] = iter(range(1_000_000)).__next__


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits=every_limit, calls=arrivals)
def test_whatever_calls_cost_they_start_as_soon_as_the_buckets_allow_and_no_sooner(
    desk: Desk, limits: Limits, calls: list[tuple[float, Cost]]
) -> None:
    mine = Desk(desk.connection, f"model {numbered()}")
    mine.knows(limits)
    known = (limits.requests, limits.input_tokens, limits.output_tokens)
    buckets = [Bucket(limit) for limit in known if limit is not None]
    last = START
    for gap, cost in calls:
        mine.now += gap
        units = (cost.requests, cost.input_tokens, cost.output_tokens)
        grant = mine.reserve(cost)
        # The calls before this one have started by then: the buckets are asked in that order.
        asked = max(mine.now, last)
        pairs = list(zip(buckets, units, strict=True))
        earliest = asked + max(bucket.wait(one, asked) for bucket, one in pairs)
        assert grant.start == pytest.approx(earliest, abs=TOLERANCE * max(1, earliest - asked))
        for bucket, one in pairs:
            bucket.take(one, grant.start)
        last = grant.start


def test_calls_held_up_on_their_way_are_still_let_in_by_the_service(desk: Desk) -> None:
    desk.knows(Limits(1200))
    service = PoolLimits(LimitSettings(rpm=1200), burst_seconds=1, ramp=None, now=START)
    held = 0.7
    for _ in range(400):
        # The way is closed but for an instant every `held` seconds: all that waited pass together.
        moment = (desk.reserve().start - START) // held + 1
        service.admit(0, START + moment * held)  # it raises what the client would meet
