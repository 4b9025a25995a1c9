"""Limits as values, and what the headers of a reply say about them."""

from datetime import UTC, datetime

import pytest

from facets_pipeline.engine.throttle import (
    LONGEST_PAUSE_SECONDS,
    Limits,
    limits_of,
    retry_after_of,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_limits_are_read_whatever_the_case_of_the_headers() -> None:
    headers = {
        "Anthropic-RateLimit-Requests-Limit": "1000",
        "anthropic-ratelimit-input-tokens-limit": "2000000",
        "anthropic-ratelimit-output-tokens-limit": "400000",
        "anthropic-ratelimit-tokens-limit": "7",
        "anthropic-ratelimit-requests-remaining": "3",
    }
    assert limits_of(headers) == Limits(1000, 2_000_000, 400_000)


@pytest.mark.parametrize("text", ["", "many", "0", "-5", "nan", "inf"])
def test_a_limit_that_makes_no_sense_is_not_known(text: str) -> None:
    assert limits_of({"anthropic-ratelimit-requests-limit": text}) == Limits()


def test_what_a_reply_leaves_out_stays_known() -> None:
    known = Limits(1000, 2_000_000)
    assert known.updated(Limits(500, None, 9000)) == Limits(500, 2_000_000, 9000)
    assert known.updated(Limits()) == known


def test_limits_at_which_nothing_could_start_are_refused() -> None:
    with pytest.raises(ValueError, match=r"-1\.0 is not above 0"):
        Limits(output_tokens=-1.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "86400"}, LONGEST_PAUSE_SECONDS),
        ({"retry-after": "Wed, 25 Nov 2026 12:00:00 GMT"}, LONGEST_PAUSE_SECONDS),
        ({"retry-after": "later"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_reply_asks_for_is_read_and_bounded(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_of(headers, NOON) == seconds
