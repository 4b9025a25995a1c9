"""What is known of one Claude model: what it accepts, and its prices.

The table of all models, and which of them may be asked, is in `models`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

Ttl = Literal["5m", "1h"]
"""How long a part of a prompt stays cached after it was last read."""

Price = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]

STRICT = ConfigDict(extra="forbid")
"""A field that is not known is a misspelt one."""


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens, by kind of token.

    Attributes:
        input: Input that is neither read from the cache nor written to it.
        output: Output, thinking included.
        cache_write_5m: Input written to the cache for five minutes.
        cache_write_1h: Input written to the cache for an hour.
        cache_read: Input read from the cache.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    input: Price
    output: Price
    cache_write_5m: Price
    cache_write_1h: Price
    cache_read: Price

    def cache_write(self, ttl: Ttl) -> Decimal:
        """Return the price of input that is written to the cache for `ttl`."""
        return self.cache_write_5m if ttl == "5m" else self.cache_write_1h


@dataclass(frozen=True, slots=True)
class LongPrompt:
    """Other prices for long prompts: they hold for the whole request.

    Attributes:
        above_tokens: A prompt of more tokens than this is long, cached or not.
        prices: What it costs.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    above_tokens: int
    prices: Prices


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model.

    Attributes:
        id: Its name at the API, dated where there is a dated one.
        aliases: Other names of the same model.
        status: "current", "legacy" (works, has a successor) or "deprecated" (will be retired).
        retires_on: First day on which it no longer answers; None if none is known.
        context_tokens: Most tokens of a prompt; None if unknown.
        max_output_tokens: Most tokens of an answer, thinking included.
        min_cacheable_tokens: A shorter prefix is silently not cached; None if unknown.
        efforts: Levels of effort that it accepts; empty if it has none.
        default_effort: The level it takes by itself; None if it has none.
        thinking: Kinds of the `thinking` parameter that it accepts.
        thinks_by_default: Whether it thinks unless told otherwise.
        thinking_off_efforts: Levels of effort at which its thinking may be turned off.
        prices: What it costs; None if that is not known.
        long_prompt: Other prices for long prompts; None if there are none.
        batch_factor: What every price is multiplied with in a batch.
        as_of: The day on which all of this was looked up; None if the API told it.
        source: Where.
        note: What is uncertain; may be empty.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    max_output_tokens: Annotated[int, Field(gt=0)]
    efforts: tuple[str, ...]
    thinking: tuple[str, ...]
    thinks_by_default: bool
    thinking_off_efforts: tuple[str, ...]
    prices: Prices | None
    source: str
    aliases: tuple[str, ...] = ()
    status: Literal["current", "legacy", "deprecated"] = "current"
    retires_on: date | None = None
    context_tokens: int | None = None
    min_cacheable_tokens: int | None = None
    default_effort: str | None = None
    long_prompt: LongPrompt | None = None
    batch_factor: Price = Decimal("0.5")
    as_of: date | None = None
    note: str = ""

    def prices_at(self, prompt_tokens: int) -> Prices | None:
        """Return the prices for a request whose whole prompt has `prompt_tokens`; None: unknown."""
        if self.long_prompt is not None and prompt_tokens > self.long_prompt.above_tokens:
            return self.long_prompt.prices
        return self.prices

    def caches(self, prefix_tokens: int) -> bool:
        """Tell whether a prefix of `prefix_tokens` is surely long enough to be cached."""
        return self.min_cacheable_tokens is not None and prefix_tokens >= self.min_cacheable_tokens


@dataclass(frozen=True, slots=True)
class RetiredModel:
    """A model that no longer answers.

    Attributes:
        id: Its name at the API.
        aliases: Other names of it.
        retired_on: Since when; None if only the fact is known.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    aliases: tuple[str, ...] = ()
    retired_on: date | None = None
