"""What comes back from a model or its API, spoilt: texts, bodies, lines of a batch, headers.

Belongs here: targets that need no file and no store. Each must give, for every code, an opinion or
a problem, and never an exception but those that the caller expects.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from facets_pipeline.adapters.annotators.claude.batch_documents import read_batch, read_result
from facets_pipeline.adapters.annotators.claude.capabilities import ModelInfo
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.models import with_own_prices
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.domain.review_prompt import read_review, review_question
from facets_pipeline.domain.usage import MOST_TOKENS, cost_nano
from facets_pipeline.domain.wire import Problem, Reading, read_answer
from facets_pipeline.engine.calls import InDoubt, NotPaid, Reply
from facets_pipeline.engine.throttle import LONGEST_PAUSE_SECONDS, limits_of, retry_after_of
from facets_pipeline_tests.fuzz.mutation import EDITS, Edit, edited
from facets_pipeline_tests.fuzz.properties import check_sentence, check_storable
from facets_pipeline_tests.fuzz.targets import Target

CODES = tuple(Code("HCPCS", f"A000{number}", f"thing {number}") for number in range(1, 5))
GOOD = ("drug", "supply", "imaging", "transport")
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
"""Any characters, halves of pairs too: JSON can spell them."""

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(GOOD),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
REASONS = st.sampled_from(["end_turn", "max_tokens", "refusal", None, "pause_turn", "\ud800"])


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done to one item of an answer: keys set to anything, or the item left out."""

    place: int
    left_out: bool
    values: Mapping[str, Any]


DAMAGES = st.builds(
    Damage,
    place=st.integers(0, len(CODES) - 1),
    left_out=st.booleans(),
    values=st.dictionaries(st.sampled_from(CODEBOOK.names) | TEXT.filter("code".__ne__), JSON),
)


def _items() -> list[dict[str, Any]]:
    pairs = zip(CODES, GOOD, strict=True)
    return [{"code": code.code, "procedure_category": value} for code, value in pairs]


def _checked(text: str, stop_reason: str | None) -> list[Reading]:
    readings = read_answer(text, CODES, stop_reason=stop_reason)
    assert [reading.code for reading in readings] == list(CODES)
    for reading in readings:
        check_storable(reading.detail)
        assert (reading.opinion is None) <= (reading.problem is not None)
        assert bool(reading.findings) == (reading.problem is Problem.BREAKS_RULES)
        if reading.opinion is not None:
            assert tuple(reading.opinion) == CODEBOOK.names
            values = {name: stated.value for name, stated in reading.opinion.items()}
            for name, value in values.items():
                assert value is None or value in CODEBOOK.facet(name).vocabulary
    return readings


def check_damaged_item(damage: Damage) -> None:
    """Check that damage to one item of an answer harms its own code alone."""
    items = _items()
    good = _checked(json.dumps({"answers": items}), "end_turn")
    items[damage.place].update(damage.values)
    if damage.left_out:
        del items[damage.place]
    found = _checked(json.dumps({"answers": items}), "end_turn")
    for place, reading in enumerate(found):
        assert place == damage.place or reading == good[place]


def check_any_text(given_text: tuple[Sequence[Edit], str | None]) -> None:
    """Check that an answer that was changed anywhere gives a reading per code."""
    edits, reason = given_text
    text = edited(json.dumps({"answers": _items()}).encode(), edits).decode("utf-8", "replace")
    _checked(text, reason)


def check_body(given_body: tuple[Mapping[str, Any], Sequence[Edit]]) -> None:
    """Check that a body is a reply or in doubt, and that a reply can be recorded and read."""
    keys, edits = given_body
    answer = json.dumps({"answers": _items()})
    body: dict[str, Any] = {
        "content": [{"type": "text", "text": answer}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 20},
    }
    text = edited(json.dumps({**body, **keys}).encode(), edits).decode("utf-8", "replace")
    try:
        reply = Reply.of_body(text)
    except InDoubt as error:
        check_sentence(str(error))
        return
    check_storable(reply.body)
    json.dumps(reply.usage, allow_nan=False)
    used = reply.used
    if used is not None:
        counts = (used.prompt_tokens, used.output_tokens, used.thinking_tokens)
        assert all(0 <= count < 5 * MOST_TOKENS for count in counts)
    _checked(reply.text, reply.stop_reason)


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


def check_review(text: str) -> None:
    """Check that a review model's answer is a third opinion or of no use."""
    said = {"body_region": Stated("chest", "model", decided=False)}
    second = {"body_region": Stated("head", "words", decided=False)}
    question = review_question(CODES[0], ["body_region"], said, second, CODEBOOK)
    third = read_review(text, question, "some-model", CODEBOOK)
    if third is not None:
        assert set(third.values) == {"body_region"}


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
_REVIEW: Mapping[str, Any] = {
    "code": "A0001",
    "body_region": "head",
    "body_region_reason": "descriptor",
}


def _changed(document: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make a document with some of its keys set to anything, at the top and one level below."""

    def merged(top: Mapping[str, Any], below: Mapping[str, Any], chosen: str) -> dict[str, Any]:
        found = {**document, **top}
        if isinstance(found.get(chosen), dict):
            found[chosen] = {**found[chosen], **below}
        return found

    keys = st.sampled_from(sorted(document))
    nested: list[dict[str, Any]] = [each for each in document.values() if isinstance(each, dict)]
    below = sorted({key for each in nested for key in each})
    names = st.sampled_from(below) | TEXT if below else TEXT
    return st.builds(merged, st.dictionaries(keys, JSON), st.dictionaries(names, JSON), keys)


def _as_bytes(document: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    texts = _changed(document).map(lambda each: json.dumps(each).encode())
    return st.builds(edited, texts, st.lists(EDITS, max_size=2))


def _as_text(document: Mapping[str, Any]) -> st.SearchStrategy[str]:
    return _as_bytes(document).map(lambda data: data.decode("utf-8", "replace"))


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
_BODY_KEYS = st.dictionaries(st.sampled_from(["content", "stop_reason", "usage", "type"]), JSON)
_USAGE = st.dictionaries(
    st.sampled_from(["input_tokens", "output_tokens", "cache_creation", "service_tier"]), JSON
).map(lambda usage: {"usage": usage})


def answer_targets() -> tuple[Target, ...]:
    """Return the targets of everything that a model or its API answers."""
    edits = st.lists(EDITS, max_size=3)
    return (
        Target("answer-item", check_damaged_item, DAMAGES, 300),
        Target("answer-text", check_any_text, st.tuples(edits, REASONS), 200),
        Target("answer-body", check_body, st.tuples(_BODY_KEYS | _USAGE, edits), 200),
        Target("batch-result", check_result, _as_bytes(_RESULT), 200),
        Target("batch-state", check_batch, _as_bytes(_BATCH), 200),
        Target("headers", check_headers, _HEADERS, 200),
        Target("review", check_review, _as_text(_REVIEW), 150),
        Target("model", check_model, _changed({"id": "m", "capabilities": {"effort": {}}}), 100),
        Target("prices", check_prices, _as_text(_PRICES), 150),
    )
