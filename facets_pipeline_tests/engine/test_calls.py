"""A recorded body is read the same whenever it is read."""

import json

import pytest

from facets_pipeline.domain.errors import FacetsError
from facets_pipeline.engine.calls import InDoubt, NotPaid, NotPaidKind, Reply, Stop


def body(**fields: object) -> str:
    """Return a body of the API with these fields."""
    return json.dumps({"content": [], "usage": {}} | fields)


def test_the_text_is_that_of_the_text_blocks_alone() -> None:
    content = [
        {"type": "thinking", "thinking": "well", "text": "no"},
        {"type": "text", "text": '{"answers"'},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": ": []}"},
    ]
    reply = Reply.of_body(body(content=content, stop_reason="end_turn", usage={"output_tokens": 3}))
    assert reply.text == '{"answers": []}'
    assert (reply.stop_reason, reply.usage) == ("end_turn", {"output_tokens": 3})


def test_a_refusal_without_content_is_a_reply() -> None:
    reply = Reply.of_body(body(stop_reason="refusal"))
    assert (reply.text, reply.stop_reason) == ("", "refusal")


def test_a_body_without_a_reason_to_stop_is_a_reply() -> None:
    assert Reply.of_body(body(stop_reason=None)).stop_reason is None


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "3", body(usage=None), body(content="text"), "{}"]
)
def test_what_is_not_a_whole_message_is_in_doubt(text: str) -> None:
    with pytest.raises(InDoubt, match="not a whole message"):
        Reply.of_body(text)


def test_an_uncaught_ending_reads_as_its_sentence() -> None:
    endings: list[FacetsError] = [
        NotPaid(NotPaidKind.OVERLOADED, None, "It is busy."),
        InDoubt("It is busy."),
        Stop("It is busy."),
    ]
    assert {str(one) for one in endings} == {"It is busy."}


def test_the_usage_of_a_reply_can_be_kept_by_every_database() -> None:
    text = (
        '{"content": [], "usage": {"output_tokens": 3, "share": NaN, "more": [1e999, -Infinity]}}'
    )
    reply = Reply.of_body(text)
    assert reply.usage == {"output_tokens": 3, "share": None, "more": [None, None]}
    assert json.dumps(reply.usage, allow_nan=False)


def test_a_count_that_no_call_reaches_is_not_believed() -> None:
    reply = Reply.of_body(body(usage={"output_tokens": 10**30}))
    assert reply.used is None
