"""What comes back from a model or its API, spoilt: texts, bodies, lines of a batch, headers.

Belongs here: targets that need no file and no store. Each must give, for every code, an opinion or
a problem, and never an exception but those that the caller expects.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.domain.review_prompt import read_review, review_question
from facets_pipeline.domain.usage import MOST_TOKENS
from facets_pipeline.domain.wire import Problem, Reading, read_answer
from facets_pipeline.engine.calls import InDoubt, Reply
from facets_pipeline_tests.fuzz.json_inputs import JSON, TEXT, as_text
from facets_pipeline_tests.fuzz.mutation import EDITS, Edit, edited
from facets_pipeline_tests.fuzz.properties import check_sentence, check_storable
from facets_pipeline_tests.fuzz.targets import Target

CODES = tuple(Code("HCPCS", f"A000{number}", f"thing {number}") for number in range(1, 5))
GOOD = ("drug", "supply", "imaging", "transport")
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


def check_review(text: str) -> None:
    """Check that a review model's answer is a third opinion or of no use."""
    said = {"body_region": Stated("chest", "model", decided=False)}
    second = {"body_region": Stated("head", "words", decided=False)}
    question = review_question(CODES[0], ["body_region"], said, second, CODEBOOK)
    third = read_review(text, question, "some-model", CODEBOOK)
    if third is not None:
        assert set(third.values) == {"body_region"}


_REVIEW: Mapping[str, Any] = {
    "code": "A0001",
    "body_region": "head",
    "body_region_reason": "descriptor",
}


_BODY_KEYS = st.dictionaries(st.sampled_from(["content", "stop_reason", "usage", "type"]), JSON)
_USAGE = st.dictionaries(
    st.sampled_from(["input_tokens", "output_tokens", "cache_creation", "service_tier"]), JSON
).map(lambda usage: {"usage": usage})


def answer_targets() -> tuple[Target, ...]:
    """Return the targets of everything that a model or its API answers."""
    edits = st.lists(EDITS, max_size=3)
    return (
        Target("answer-item", check_damaged_item, DAMAGES, 30),
        Target("answer-text", check_any_text, st.tuples(edits, REASONS), 30),
        Target("answer-body", check_body, st.tuples(_BODY_KEYS | _USAGE, edits), 30),
        Target("review", check_review, as_text(_REVIEW), 30),
    )
