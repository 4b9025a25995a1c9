"""What else than answers the API says, and the price file: batches, headers, models, prices.

Belongs here: targets whose input is a document or headers. Answers themselves are in `answers`.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from facets_pipeline.adapters.annotators.claude.batch_documents import read_batch, read_result
from facets_pipeline.adapters.annotators.claude.capabilities import ModelInfo
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.models import with_own_prices
from facets_pipeline.domain.usage import MOST_TOKENS, cost_nano
from facets_pipeline.engine.calls import NotPaid, Reply
from facets_pipeline.engine.throttle import LONGEST_PAUSE_SECONDS, limits_of, retry_after_of
from facets_pipeline_tests.fuzz.json_inputs import TEXT, as_bytes, as_text, changed
from facets_pipeline_tests.fuzz.properties import check_sentence, check_storable
from facets_pipeline_tests.fuzz.targets import Target


def check_result(line: bytes) -> None:
    """Check that a line of a batch's results is a result that can be recorded, or none yet."""
    try:
        result = read_result(line)
    except NotPaid as error:
        check_sentence(str(error))
        return
    check_storable(result.custom_id, result.body or "")
    if result.body is None:
        check_sentence(result.error)


def check_batch(document: bytes) -> None:
    """Check that what the API says of a batch is understood, or not paid for."""
    try:
        batch = read_batch(document)
    except NotPaid as error:
        check_sentence(str(error))
        return
    check_storable(batch.remote_id)
    assert 0 <= batch.succeeded < MOST_TOKENS
    assert 0 <= batch.requests < MOST_TOKENS
    assert batch.created_at.astimezone(UTC).tzinfo is UTC


def check_headers(headers: Mapping[str, str]) -> None:
    """Check that headers give limits that can be kept, and a wait within bounds."""
    limits = limits_of(headers)
    for limit in (limits.requests, limits.input_tokens, limits.output_tokens):
        assert limit is None or 0 < limit < float("inf")
    wait = retry_after_of(headers)
    assert wait is None or 0 <= wait <= LONGEST_PAUSE_SECONDS


def check_model(document: Mapping[str, Any]) -> None:
    """Check that what the API says of a model can be asked in every way."""
    info = ModelInfo.of(document, "some-model")
    for level in (*info.efforts, *info.thinking, "low"):
        assert info.supports("effort", level) in (True, False, None)


def check_prices(text: str) -> None:
    """Check that a price file is used, or refused in a sentence; a price is never below 0."""
    try:
        table = with_own_prices(text, "prices.json")
    except SettingsError as error:
        check_sentence(str(error))
        return
    for model in table.models:
        used = Reply("", "", None, {"input_tokens": 10, "output_tokens": 20}).used
        assert used is not None
        cost = cost_nano(used, model)
        assert cost is None or cost >= 0


_BATCH: Mapping[str, Any] = {
    "id": "msgbatch_1",
    "processing_status": "ended",
    "created_at": "2026-11-24T10:00:00Z",
    "ended_at": "2026-11-24T11:00:00Z",
    "results_url": "https://example.org/results",
    "request_counts": {"succeeded": 2, "errored": 0},
}
_RESULT: Mapping[str, Any] = {
    "custom_id": "a-1",
    "result": {"type": "succeeded", "message": {"content": []}},
}
_PRICES: Mapping[str, Any] = {
    "models": [{"id": "claude-haiku-5-5", "prices": {"input": 1, "output": 5}}]
}
_NAMES = st.sampled_from(
    ["retry-after", "retry-after-ms", "anthropic-ratelimit-requests-limit"]
    + [f"Anthropic-RateLimit-{kind}-Tokens-Limit" for kind in ("Input", "Output")]
)
_DATES = st.builds(
    "Mon, {} {} {} {}:00:00 {}".format,
    st.integers(-5, 10**6),
    st.sampled_from(["Jan", "Feb", "Xyz"]),
    st.integers(-10, 10**7),
    st.integers(-1, 99),
    st.text("0123456789+-GMTZ", max_size=15),
)
_HEADERS = st.dictionaries(_NAMES, st.text("0123456789e+-._naif ", max_size=8) | TEXT | _DATES)


def document_targets() -> tuple[Target, ...]:
    """Return the targets of documents and headers."""
    return (
        Target("batch-result", check_result, as_bytes(_RESULT), 30),
        Target("batch-state", check_batch, as_bytes(_BATCH), 30),
        Target("headers", check_headers, _HEADERS, 30),
        Target("model", check_model, changed({"id": "m", "capabilities": {"effort": {}}}), 30),
        Target("prices", check_prices, as_text(_PRICES), 30),
    )
