"""What the API says of batches: read, or told as not to be read; never another exception."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from facets_pipeline.adapters.annotators.claude.batch_documents import (
    read_batch,
    read_page,
    read_result,
)
from facets_pipeline.engine.calls import NotPaid

BATCH = {
    "id": "msgbatch_1",
    "processing_status": "ended",
    "created_at": "2026-11-24T08:00:00",
    "ended_at": "2026-11-24T10:00:00+01:00",
    "results_url": "https://example.org/results",
    "request_counts": {"succeeded": 2, "errored": 1},
}


def batch(**changes: Any) -> bytes:  # noqa: ANN401 - any field
    """Return a batch as the API shows it, but for some fields."""
    return json.dumps(BATCH | changes).encode()


def test_moments_are_in_utc_whether_or_not_they_name_a_zone() -> None:
    found = read_batch(batch())
    assert found.created_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert found.ended_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert (found.requests, found.succeeded) == (3, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"request_counts": [1, 2]},
        {"request_counts": {"succeeded": 1e999}},
        {"request_counts": {"succeeded": -1}},
        {"request_counts": {"succeeded": 10**30}},
        {"created_at": 5},
        {"created_at": "0001-01-01T00:00:00+14:00"},
        {"id": None},
        {"id": "\ud800"},
    ],
)
def test_a_batch_with_a_field_of_another_kind_cannot_be_read(changes: dict[str, object]) -> None:
    with pytest.raises(NotPaid, match="of a batch cannot be read"):
        read_batch(batch(**changes))
    with pytest.raises(NotPaid, match="lists of batches cannot be read"):
        read_page(b'{"data": [' + batch(**changes) + b"]}")


@pytest.mark.parametrize("text", [b"", b"\xff", b"null", b"[" * 100_000, b'{"data": 5}'])
def test_what_is_no_document_cannot_be_read(text: bytes) -> None:
    for read in (read_batch, read_page, read_result):
        with pytest.raises(NotPaid, match="cannot be read"):
            read(text)


def test_half_of_a_character_in_an_answer_is_kept_as_it_is_spelled() -> None:
    line = rb'{"custom_id": "a-1", "result": {"type": "succeeded", "message": {"x": "\ud800"}}}'
    result = read_result(line)
    assert result.body is not None
    assert result.body.encode() == rb'{"x": "\ud800"}'


def test_why_a_request_failed_is_one_line_that_can_be_stored() -> None:
    error = {"error": {"type": "invalid\0", "message": "a\ud800\nb" + "x" * 5_000}}
    document = {"custom_id": "a-1", "result": {"type": "errored", "error": error}}
    result = read_result(json.dumps(document).encode())
    assert result.body is None
    assert len(result.error.splitlines()) == 1
    assert len(result.error.encode()) < 500
    assert "\0" not in result.error
