"""What is made of a limit that falls and rises: when it settled, and how fast it then went."""

from facets_pipeline_tests.bench.limits import Changes, best_rate, rate, settled_after
from facets_pipeline_tests.bench.stage import Filled
from facets_pipeline_tests.bench.test_stage import call, filled

CHANGES = Changes(before=0.0, low=0.0, fell_at=100.0, rose_at=160.0)


def steady(start: float, end: float, per_second: int) -> Filled:
    """Return a run with so many calls a second."""
    count = int((end - start) * per_second)
    return filled(*(call(start + number / per_second) for number in range(count)))


def test_it_has_settled_with_the_last_refusal_at_the_low_limit() -> None:
    run = filled(call(99.0, 429), call(101.0, 429), call(112.0, 429), call(161.0, 429))
    assert settled_after(run, CHANGES) == 12.0
    assert settled_after(filled(call(99.0, 429)), CHANGES) == 0.0


def test_refused_calls_are_no_part_of_the_rate() -> None:
    assert rate(filled(call(1.0), call(2.0, 429), call(3.0)), 0.0, 60.0) == 2.0


def test_the_best_rate_after_the_rise_leaves_out_what_was_before() -> None:
    run = filled(*steady(100.0, 160.0, 50).calls, *steady(160.0, 190.0, 2).calls)
    assert 119 <= best_rate(run, CHANGES.rose_at) <= 127
