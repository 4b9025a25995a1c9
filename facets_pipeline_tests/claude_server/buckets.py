"""Rate limits: token buckets that refill continuously, and the headers that tell about them.

A bucket holds `burst_seconds` of its limit. A cost above what it can ever hold is let in when the
bucket is full and leaves a debt, so that a large prompt waits but is never locked out.
"""

import math
from dataclasses import dataclass

from facets_pipeline_tests.claude_server.api_errors import ApiError
from facets_pipeline_tests.claude_server.clock import rfc3339
from facets_pipeline_tests.claude_server.settings import LimitSettings

EPSILON = 1e-9


class Bucket:
    """One limit per minute.

    Args:
        limit: Units per minute, positive.
        burst_seconds: Seconds of the limit that the bucket holds; at least one unit.
        now: Seconds since the epoch; the bucket starts full.
    """

    def __init__(self, limit: float, burst_seconds: float, now: float) -> None:
        self._burst_seconds = burst_seconds
        self._updated = now
        self.limit = limit
        self.level = self.capacity

    @property
    def capacity(self) -> float:
        """Most units the bucket holds."""
        return max(1.0, self.limit * self._burst_seconds / 60)

    def wait(self, cost: float, now: float) -> float:
        """Return the seconds until a cost is let in; 0 lets it in now. Takes nothing."""
        self._refill(now)
        missing = min(cost, self.capacity) - self.level
        return missing * 60 / self.limit if missing > EPSILON else 0.0

    def take(self, cost: float, now: float) -> None:
        """Take units, into debt if need be."""
        self._refill(now)
        self.level -= cost

    def change(self, limit: float, now: float) -> None:
        """Set another limit; what is in the bucket stays, up to its new size."""
        self._refill(now)
        self.limit = limit
        self.level = min(self.level, self.capacity)

    def full_at(self, now: float) -> float:
        """Return when the bucket will be full, in seconds since the epoch."""
        self._refill(now)
        return now + (self.capacity - self.level) * 60 / self.limit

    def _refill(self, now: float) -> None:
        gained = max(0.0, now - self._updated) * self.limit / 60
        self.level = min(self.capacity, self.level + gained)
        self._updated = max(now, self._updated)


@dataclass(frozen=True, slots=True)
class Ramp:
    """How fast use may grow: `start` requests per minute, doubling every `doubling_seconds`."""

    start: float
    doubling_seconds: float


class PoolLimits:
    """The limits of one model or family.

    Args:
        limits: Limits per minute; None for none.
        burst_seconds: Seconds of a limit that may be used at once.
        ramp: Limit on growth; None for none.
        now: Seconds since the epoch.
    """

    def __init__(
        self, limits: LimitSettings, burst_seconds: float, ramp: Ramp | None, now: float
    ) -> None:
        self._burst_seconds = burst_seconds
        self._buckets: dict[str, Bucket] = {}
        self._ramp = ramp
        self._ramp_bucket = Bucket(ramp.start, burst_seconds, now) if ramp else None
        self._ramp_since = self._last_request = now
        self.change(limits, now)

    def change(self, limits: LimitSettings, now: float) -> None:
        """Set other limits; used allowance stays used."""
        wanted = {
            "requests": limits.rpm,
            "input-tokens": limits.itpm,
            "output-tokens": limits.otpm,
        }
        for name, limit in wanted.items():
            if limit is None:
                self._buckets.pop(name, None)
            elif name in self._buckets:
                self._buckets[name].change(limit, now)
            else:
                self._buckets[name] = Bucket(limit, self._burst_seconds, now)

    def admit(self, input_tokens: int, now: float) -> None:
        """Let a request in, taking its allowance, or refuse it, taking nothing.

        Raises:
            ApiError: 429 with `retry-after` and the limit headers.
        """
        costs = {"requests": 1.0, "input-tokens": float(input_tokens), "output-tokens": 1.0}
        waits = {
            name: bucket.wait(costs[name], now)
            for name, bucket in self._buckets.items()
            if input_tokens or name == "requests"
        }
        blocked = max(waits, key=lambda name: waits[name], default=None)
        if blocked is not None and waits[blocked] > 0:
            raise self._refusal(blocked, waits[blocked], now)
        self._admit_to_ramp(now)
        for name in ("requests", "input-tokens"):
            if name in self._buckets:
                self._buckets[name].take(costs[name], now)

    def charge_output(self, tokens: int, now: float) -> None:
        """Take the output tokens that an answer really had."""
        if "output-tokens" in self._buckets:
            self._buckets["output-tokens"].take(tokens, now)

    def headers(self, now: float) -> dict[str, str]:
        """Return the `anthropic-ratelimit-*` headers; token remainders rounded to thousands."""
        headers: dict[str, str] = {}
        for name, bucket in self._buckets.items():
            headers |= _headers(name, bucket, now)
        tokens = [self._buckets[name] for name in self._buckets if name != "requests"]
        if tokens:
            headers |= _headers("tokens", min(tokens, key=lambda one: one.level / one.limit), now)
        return headers

    def _admit_to_ramp(self, now: float) -> None:
        if self._ramp is None or self._ramp_bucket is None:
            return
        if now - self._last_request > self._ramp.doubling_seconds:
            self._ramp_since = now
        self._last_request = now
        doublings = (now - self._ramp_since) / self._ramp.doubling_seconds
        self._ramp_bucket.change(self._ramp.start * 2 ** min(doublings, 30), now)
        wait = self._ramp_bucket.wait(1, now)
        if wait > 0:
            raise ApiError(
                429,
                "This request would exceed the acceleration limit of your organization: increase "
                "your use gradually.",
                error_code="ramp_limit_exceeded",
                headers=self.headers(now) | _retry_after(wait),
            )
        self._ramp_bucket.take(1, now)

    def _refusal(self, name: str, wait: float, now: float) -> ApiError:
        limit = self._buckets[name].limit
        return ApiError(
            429,
            f"This request would exceed your organization's rate limit of {limit:g} "
            f"{name.replace('-', ' ')} per minute.",
            headers=self.headers(now) | _retry_after(wait),
        )


def _headers(name: str, bucket: Bucket, now: float) -> dict[str, str]:
    reset = bucket.full_at(now)
    remaining = max(0, math.floor(bucket.level + EPSILON))
    if name != "requests":
        remaining = round(remaining, -3)
    prefix = f"anthropic-ratelimit-{name}"
    return {
        f"{prefix}-limit": f"{bucket.limit:.0f}",
        f"{prefix}-remaining": str(remaining),
        f"{prefix}-reset": rfc3339(reset),
    }


def _retry_after(wait: float) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(wait)))}


class LimitBook:
    """The limits of all pools, made when a pool is first used.

    Args:
        limits: What each pool starts with.
        burst_seconds: Seconds of a limit that may be used at once.
        ramp: Limit on growth of each pool; None for none.
    """

    def __init__(self, limits: LimitSettings, burst_seconds: float, ramp: Ramp | None) -> None:
        self._default = limits
        self._overrides: dict[str, LimitSettings] = {}
        self._burst_seconds = burst_seconds
        self._ramp = ramp
        self._pools: dict[str, PoolLimits] = {}

    def pool(self, name: str, now: float) -> PoolLimits:
        """Return the limits of a pool."""
        if name not in self._pools:
            limits = self._overrides.get(name, self._default)
            self._pools[name] = PoolLimits(limits, self._burst_seconds, self._ramp, now)
        return self._pools[name]

    def change(self, limits: LimitSettings, pool: str | None, now: float) -> None:
        """Set other limits for one pool, or for all if `pool` is None."""
        if pool is None:
            self._default = limits
            self._overrides.clear()
            for one in self._pools.values():
                one.change(limits, now)
        else:
            self._overrides[pool] = limits
            self.pool(pool, now).change(limits, now)
