"""What a call used, in tokens by kind, and what that costs, in whole nano-dollars.

Exact: prices are decimals, and only the cost of a whole call is rounded, upwards, so that no sum
of calls is ever below the bill. What is not known is None, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import cast

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.model_facts import ModelFacts, Prices, Ttl
from facets_pipeline.domain.quoting import LONGEST_QUOTE, one_line

NANO_PER_TOKEN = 1_000
"""A price of one dollar per million tokens, in nano-dollars per token."""

US_FACTOR = Decimal("1.1")
"""What inference that is kept in the United States (`inference_geo: "us"`) costs of the price."""

MOST_TOKENS = 10**9
"""No call uses as many; a larger count is not believed, and would not fit a database."""

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call used. The kinds of input add up to the prompt.

    Attributes:
        input_tokens: Input at full price.
        cache_read_tokens: Input read from the cache.
        cache_write_5m_tokens: Input written to the cache for five minutes.
        cache_write_1h_tokens: Input written to the cache for an hour.
        output_tokens: Output, thinking included.
        thinking_tokens: The part of the output that was thinking.
        service_tier: "standard", "batch" or "priority".
        inference_geo: Where it was computed: "us" costs more.
        speed: "standard" or "fast".
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    service_tier: str = "standard"
    inference_geo: str = ""
    speed: str = "standard"

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the whole prompt, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def cache_write_tokens(self) -> int:
        """Input written to the cache, for however long."""
        return self.cache_write_5m_tokens + self.cache_write_1h_tokens

    @property
    def limited_tokens(self) -> int:
        """Tokens that count against the limit of input per minute: reads from the cache do not."""
        return self.input_tokens + self.cache_write_tokens

    @property
    def is_batch(self) -> bool:
        """Whether it was part of a batch."""
        return self.service_tier == "batch"


def usage_of(raw_usage: Mapping[str, object], *, ttl: Ttl = "5m") -> Usage:
    """Read the `usage` object of a reply; what it leaves out or has as null is 0.

    Args:
        raw_usage: The object, as JSON.
        ttl: How long what was written stays cached, for writes that the reply does not divide.

    Raises:
        AnnotatorError: A count is not a whole number, is negative, or is no call's any more.
    """
    divided = _object(raw_usage, "cache_creation")
    write_5m = _count(divided, "ephemeral_5m_input_tokens")
    write_1h = _count(divided, "ephemeral_1h_input_tokens")
    rest = max(0, _count(raw_usage, "cache_creation_input_tokens") - write_5m - write_1h)
    return Usage(
        input_tokens=_count(raw_usage, "input_tokens"),
        cache_read_tokens=_count(raw_usage, "cache_read_input_tokens"),
        cache_write_5m_tokens=write_5m + (rest if ttl == "5m" else 0),
        cache_write_1h_tokens=write_1h + (rest if ttl == "1h" else 0),
        output_tokens=_count(raw_usage, "output_tokens"),
        thinking_tokens=_count(_object(raw_usage, "output_tokens_details"), "thinking_tokens"),
        service_tier=str(raw_usage.get("service_tier") or "standard"),
        inference_geo=str(raw_usage.get("inference_geo") or ""),
        speed=str(raw_usage.get("speed") or "standard"),
    )


def cost_nano(usage: Usage, facts: ModelFacts, *, batch: bool = False) -> int | None:
    """Return what a call cost in nano-dollars; None if the price of what it used is not known.

    Args:
        usage: What the call used.
        facts: The model that answered.
        batch: Whether it was part of a batch, for a usage that does not say so itself.
    """
    prices = facts.prices_at(usage.prompt_tokens)
    # Priority tier and fast mode have prices of their own, by contract, that no table states.
    if prices is None or usage.service_tier == "priority" or usage.speed == "fast":
        return None
    factor = facts.batch_factor if batch or usage.is_batch else _ONE
    return priced(usage, prices, factor * (US_FACTOR if usage.inference_geo == "us" else _ONE))


def worst_case_nano(
    input_tokens: int, max_tokens: int, facts: ModelFacts, *, batch: bool = False, ttl: Ttl = "5m"
) -> int | None:
    """Return the most that a call can cost in nano-dollars; None if the price is not known.

    All input at its dearest, the longest answer, and computed in the United States, which an
    account may demand without the request saying so.

    Args:
        input_tokens: Tokens of the whole prompt.
        max_tokens: The request's limit of output, thinking included.
        facts: The model that is asked.
        batch: Whether it is part of a batch.
        ttl: How long the prompt's marked parts are to stay cached.
    """
    prices = facts.prices_at(input_tokens)
    if prices is None:
        return None
    dearest = max(prices.input, prices.cache_write(ttl), prices.cache_read)
    factor = (facts.batch_factor if batch else _ONE) * US_FACTOR
    return _whole((input_tokens * dearest + max_tokens * prices.output) * factor)


def priced(usage: Usage, prices: Prices, factor: Decimal) -> int:
    """Return the cost of `usage` at `prices` times `factor` in nano-dollars, rounded up."""
    total = (
        usage.input_tokens * prices.input
        + usage.cache_read_tokens * prices.cache_read
        + usage.cache_write_5m_tokens * prices.cache_write_5m
        + usage.cache_write_1h_tokens * prices.cache_write_1h
        + usage.output_tokens * prices.output
    )
    return _whole(total * factor)


def _whole(dollars_per_million: Decimal) -> int:
    nano = dollars_per_million * NANO_PER_TOKEN
    return int(nano.to_integral_value(rounding=ROUND_CEILING))


def _object(raw: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = raw.get(key)
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _count(raw: Mapping[str, object], key: str) -> int:
    value = raw.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST_TOKENS:
        raise AnnotatorError(
            f"The reply's usage has {key} = {one_line(str(value), LONGEST_QUOTE)} where a count "
            "was expected: the call is kept, but its cost is not known."
        )
    return value
