"""Headers of a reply: limits, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from facets_pipeline.adapters.annotators.claude.headers import limit_headers
from facets_pipeline.engine.throttle import retry_after_of


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "soon"}, 7),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
    ],
)
def test_the_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_of(headers) == seconds


def test_a_wait_until_a_moment_is_the_time_until_then() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)
    wait = retry_after_of({"retry-after": format_datetime(moment, usegmt=True)})
    assert wait == pytest.approx(60, abs=3)


def test_only_headers_about_limits_are_kept_by_lower_case_names() -> None:
    headers = {"Anthropic-RateLimit-Requests-Limit": "5", "Retry-After": "1", "Set-Cookie": "a"}
    assert limit_headers(headers) == {
        "anthropic-ratelimit-requests-limit": "5",
        "retry-after": "1",
    }
