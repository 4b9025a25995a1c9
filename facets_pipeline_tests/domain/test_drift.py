"""drift: distances by hand-made numbers, and no alarm for what chance or few codes explain."""

import random
from collections import Counter

import pytest

from facets_pipeline.domain.drift import drift_of, is_comparable


def test_the_distance_is_the_share_of_codes_that_would_have_to_differ() -> None:
    found = drift_of("body_system", {"eye": 600, "ear": 400}, {"eye": 500, "ear": 400, "skin": 100})
    assert found.distance == pytest.approx(0.1)
    assert set(found.moved) == {("eye", 0.6, 0.5), ("skin", 0.0, 0.1)}
    assert found.is_alarming


def test_the_same_spread_over_more_codes_has_no_distance() -> None:
    found = drift_of("em_level", {"level_1": 100, "none": 300}, {"level_1": 200, "none": 600})
    assert found.distance == 0
    assert found.moved == ()
    assert not found.is_alarming


def test_nothing_in_common_is_a_distance_of_one() -> None:
    assert drift_of("complexity_level", {"simple": 200}, {"complex": 200}).distance == 1


def test_what_chance_brings_about_is_known_by_hand() -> None:
    # Two values of one half each: sqrt(2/pi * 1/4 * (1/100 + 1/100)), twice, halved.
    found = drift_of("uses_contrast", {"true": 50, "false": 50}, {"true": 50, "false": 50})
    assert found.by_chance == pytest.approx(0.056419, abs=1e-6)


def test_a_shift_that_chance_explains_is_no_alarm_and_the_same_shift_of_many_codes_is() -> None:
    def shifted(codes: int) -> bool:
        before = {"true": codes // 2, "false": codes // 2}
        now = {"true": codes * 42 // 100, "false": codes * 58 // 100}
        return drift_of("uses_contrast", before, now).is_alarming

    assert not shifted(100)
    assert shifted(10_000)


def test_a_small_shift_of_many_codes_is_no_alarm() -> None:
    found = drift_of("em_level", {"a": 9_000, "b": 1_000}, {"a": 8_600, "b": 1_400})
    assert found.distance == pytest.approx(0.04)
    assert not found.is_alarming


def test_random_samples_of_one_population_hardly_ever_alarm() -> None:
    drawn = random.Random(7)  # noqa: S311 - the same samples in every run
    values = [f"value_{number}" for number in range(15)]

    def sample() -> Counter[str]:
        return Counter(drawn.choices(values, weights=range(1, 16), k=300))

    alarms = sum(drift_of("body_system", sample(), sample()).is_alarming for _ in range(200))
    assert alarms <= 2


def test_few_codes_and_trials_are_not_compared() -> None:
    assert not is_comparable({"a": 99}, {"a": 100})
    assert not is_comparable({"a": 150}, {"a": 8_000})
    assert is_comparable({"a": 100}, {"a": 60, "b": 90})
    assert not is_comparable({}, {})
