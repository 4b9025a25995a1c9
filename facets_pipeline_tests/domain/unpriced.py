"""A model whose price nobody has stated. No test belongs here."""

from facets_pipeline.domain.model_facts import ModelFacts

UNPRICED = ModelFacts(
    id="claude-new-9",
    max_output_tokens=8_000,
    efforts=(),
    thinking=(),
    thinks_by_default=False,
    thinking_off_efforts=(),
    prices=None,
    source="the tests",
)
