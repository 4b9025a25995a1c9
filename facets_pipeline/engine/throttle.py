"""The shared rate limits: what a call costs, what is granted, and what a reply's headers say.

Values, the protocol and the reading of headers. How grants are kept so that several processes
share them stands with the stores; who waits, asks and ramps up stands with the engine's loop.

The policy is the generic cell rate algorithm. For each kind of unit a *theoretical arrival time*
says when everything granted so far will have been paid for at the allowed rate. A call may start
as soon as the bucket, `BURST_SECONDS` deep, holds its cost, or is full; the arrival time then moves
on by the cost. It is how the service itself counts, with a smaller bucket: the difference is what
the way from here to there may delay one call more than another.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

BURST_SECONDS: Final = 0.25
"""How much of a rate may start at once. The service allows about one second of it."""

SHARE: Final = 0.98
"""The share of a limit that is used: a service driven at its very limit never forgives a lapse."""

LONGEST_PAUSE_SECONDS: Final = 600.0
"""The longest wait that one reply can impose: a service that needs more says so again."""

_LIMIT: Final = "anthropic-ratelimit-{}-limit"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call uses of the limits, estimated or real.

    Attributes:
        requests: Calls.
        input_tokens: Tokens read and written to the cache; tokens read from it do not count.
        output_tokens: Tokens generated, thinking included; not `max_tokens`.
    """

    requests: int = 1
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits per minute of one model; None where a limit is not known.

    Attributes:
        requests: Calls per minute.
        input_tokens: Input tokens per minute.
        output_tokens: Output tokens per minute.

    Raises:
        ValueError: A limit is not positive.
    """

    requests: float | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits at which nothing could ever start."""
        for limit in (self.requests, self.input_tokens, self.output_tokens):
            if limit is not None and not limit > 0:
                raise ValueError(f"The limit {limit!r} is not above 0: give units per minute.")

    def updated(self, said: "Limits") -> "Limits":
        """Return these limits with what a later reply said; what it left out stays.

        A reply without a limit's header is no sign that the limit is gone: an error made by a
        proxy has none of them.
        """
        return Limits(
            self.requests if said.requests is None else said.requests,
            self.input_tokens if said.input_tokens is None else said.input_tokens,
            self.output_tokens if said.output_tokens is None else said.output_tokens,
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to start one call.

    Attributes:
        wait_seconds: How long to wait first, from the moment of the grant.
        start: The start, in seconds since the epoch on the store's clock.
        limits: The limits that the store knew.
        known: Whether calls are paced, by a learnt limit of requests or by a cap. If not, the
            caller itself must begin with few calls at a time.
        paused_seconds: All pauses of the model until now, added up; see `Throttle.recheck`.
    """

    wait_seconds: float
    start: float
    limits: Limits
    known: bool
    paused_seconds: float


class Throttle(Protocol):
    """Grants starts of calls within the limits, over all processes that share a store."""

    def reserve(self, model: str, cost: Cost, cap_rpm: float | None = None) -> Grant:
        """Book the next free start for a call; the caller waits until then.

        Args:
            model: Whose limits.
            cost: What the call will use, as well as it is known.
            cap_rpm: Requests per minute that the user allows; the smaller of it and the learnt
                limit counts. Processes that give a cap share it, as they share a limit.
        """
        ...

    def recheck(self, model: str, grant: Grant) -> Grant:
        """Return a grant as it is now, to be called when its wait is over.

        Its new `wait_seconds` is what pauses since the grant have put it off: 0 means go, anything
        else means wait and check again. Calls thus leave a pause in their old order and spacing.
        """
        ...

    def settle(self, model: str, estimated: Cost, actual: Cost) -> None:
        """Correct the tokens of a call whose real use is known; its request stays counted."""
        ...

    def pause(self, model: str, seconds: float) -> None:
        """Let no call of any process start for `seconds`; a longer pause is never shortened."""
        ...

    def learn(self, model: str, said: Limits) -> Limits:
        """Take over limits that a reply told, and return all that are known now."""
        ...

    def limits(self, model: str) -> Limits:
        """Return the limits that the store knows."""
        ...


def limits_of(headers: Mapping[str, str]) -> Limits:
    """Return the limits that a reply's headers tell; None for what is missing or unusable."""
    told = {name.lower(): value for name, value in headers.items()}
    kinds = ("requests", "input-tokens", "output-tokens")
    return Limits(*(_positive(told.get(_LIMIT.format(kind))) for kind in kinds))


def retry_after_of(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds to wait that a reply asks for, within 0 and `LONGEST_PAUSE_SECONDS`.

    Args:
        headers: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
        now: The time against which a date counts; None: this host's clock.

    Returns:
        None if the reply does not ask for a wait, or not in a way that can be understood.
    """
    told = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(told.get("retry-after-ms"))
    seconds = _number(told.get("retry-after")) if milliseconds is None else milliseconds / 1000
    if seconds is None:
        seconds = _seconds_until(told.get("retry-after"), now or datetime.now(UTC))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)


def _seconds_until(text: str | None, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    # An HTTP date is in GMT even where it does not say so.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _positive(text: str | None) -> float | None:
    number = _number(text)
    return number if number is not None and number > 0 else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
