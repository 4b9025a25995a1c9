"""What a call used and what it costs, by this server's own price table (`models.csv`)."""

from dataclasses import dataclass
from decimal import Decimal

from facets_pipeline_tests.claude_server.cache import CacheUse
from facets_pipeline_tests.claude_server.catalogue import ModelSpec

MILLION = Decimal(1_000_000)
BATCH_FACTOR = Decimal("0.5")
US_FACTOR = Decimal("1.1")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call by kind; `thinking` is part of `output`."""

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0
    thinking: int = 0

    @classmethod
    def of(cls, prompt: CacheUse, output: int, thinking: int) -> "Usage":
        """Return the usage of a prompt and its answer."""
        return cls(
            input=prompt.uncached,
            write_5m=prompt.write_5m,
            write_1h=prompt.write_1h,
            read=prompt.read,
            output=output,
            thinking=thinking,
        )

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt, cached or not."""
        return self.input + self.write_5m + self.write_1h + self.read

    def reported(self, *, tier: str, geo: str | None) -> dict[str, object]:
        """Return the `usage` object of an answer."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.write_5m + self.write_1h,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.write_5m,
                "ephemeral_1h_input_tokens": self.write_1h,
            },
            "output_tokens": self.output,
            "output_tokens_details": {"thinking_tokens": self.thinking},
            "service_tier": tier,
            "inference_geo": geo or "global",
            "speed": "standard",
        }


def cost_usd(usage: Usage, model: ModelSpec, *, batch: bool, geo: str | None) -> Decimal:
    """Return the price of a call in USD, exactly.

    Args:
        usage: What it used.
        model: The model that answered.
        batch: Whether it was part of a batch, at half the price.
        geo: The region the caller insisted on; "us" costs a tenth more.
    """
    prices = model.prices
    total = (
        usage.input * prices.input
        + usage.write_5m * prices.write_5m
        + usage.write_1h * prices.write_1h
        + usage.read * prices.read
        + usage.output * prices.output
    ) / MILLION
    if prices.long_from is not None and usage.prompt > prices.long_from:
        total *= prices.long_factor
    if batch:
        total *= BATCH_FACTOR
    return total * US_FACTOR if geo == "us" else total
