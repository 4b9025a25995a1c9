"""The client of batches: what the API shows, what is missing, and streams that end too early."""

import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.engine.batch_values import ItemResult, ResultsGone
from facets_pipeline.engine.calls import InDoubt, NotPaid, Stop
from facets_pipeline_tests.adapters.annotators.claude.asking import question
from facets_pipeline_tests.adapters.annotators.claude.raw_server import (
    HTML,
    Speak,
    raw_server,
    refusal,
    reply,
)
from facets_pipeline_tests.claude_server import RunningServer

pytestmark = pytest.mark.anyio

NAME = "msgbatch_1"


def shown(base_url: str, **changes: Any) -> dict[str, object]:  # noqa: ANN401 - any field
    """Return an ended batch as the API shows it."""
    counts = {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0}
    usual: dict[str, object] = {
        "id": NAME,
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": counts,
        "created_at": "2026-11-24T08:00:00Z",
        "expires_at": "2026-11-25T08:00:00Z",
        "ended_at": "2026-11-24T09:00:00Z",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": f"{base_url}/v1/messages/batches/{NAME}/results",
    }
    return {**usual, **changes}


def client_at(url: str) -> BatchClient:
    """Return a client of a server, not opened yet."""
    return BatchClient(SecretStr("test-key"), base_url=url, timeout=5)


def speaking(results: bytes, **changes: Any) -> Speak:  # noqa: ANN401 - any field
    """Return a server that shows one batch and answers with `results` when asked for them."""

    async def speak(request: str, writer: Any) -> None:  # noqa: ANN401 - a stream writer
        if request.split(" ")[1].endswith("/results"):
            writer.write(results)
            return
        host = next(line[6:] for line in request.split("\r\n") if line.lower().startswith("host: "))
        writer.write(reply(shown(f"http://{host}", **changes)))

    return speak


def lines(*rows: object, end: str = "\n") -> bytes:
    """Return results as the API sends them."""
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + end
    return reply(body.encode(), media_type="application/x-jsonl")


async def read(speak: Speak | bytes) -> list[ItemResult]:
    """Return the results that a server sends."""
    async with (
        raw_server(speak) as url,
        client_at(url) as client,
        aclosing(client.results(NAME)) as stream,
    ):
        return [result async for result in stream]


@pytest.mark.parametrize("end", ["\n", ""])
async def test_results_are_split_at_line_ends_and_nowhere_else(end: str) -> None:
    message: dict[str, object] = {
        "content": [{"type": "text", "text": "a\u2028b\u0085c"}],
        "usage": None,
    }
    succeeded = {"custom_id": "p-1", "result": {"type": "succeeded", "message": message}}
    error = {"type": "error", "error": {"type": "api_error", "message": "No luck"}}
    errored = {"custom_id": "p-2", "result": {"type": "errored", "error": error}}
    expired = {"custom_id": "p-3", "result": {"type": "expired"}}
    first, second, third = await read(speaking(lines(succeeded, errored, expired, end=end)))
    assert (first.custom_id, json.loads(first.body or "")) == ("p-1", message)
    assert (second.body, "No luck" in second.error) == (None, True)
    assert (third.body, "expired" in third.error) == (None, True)


async def test_results_that_break_off_can_be_read_again_later() -> None:
    whole = lines({"custom_id": "p-1", "result": {"type": "expired"}}, {"custom_id": "p-2"})
    with pytest.raises(NotPaid, match="broke off"):
        await read(speaking(whole[:-10]))


@pytest.mark.parametrize("line", ["{", "[]", '{"custom_id": "p"}'])
async def test_a_result_that_cannot_be_read_is_no_reason_to_forget_the_batch(line: str) -> None:
    with pytest.raises(NotPaid, match="cannot be read"):
        await read(speaking(reply(line.encode() + b"\n", media_type="application/x-jsonl")))


@pytest.mark.parametrize(
    "answer", [refusal(404, "not_found_error", "Not found"), refusal(410, "api_error", "Gone")]
)
async def test_results_that_are_gone_are_told_from_an_outage(answer: bytes) -> None:
    with pytest.raises(ResultsGone):
        await read(speaking(answer))
    with pytest.raises(NotPaid):
        await read(speaking(refusal(529, "overloaded_error", "Overloaded")))


async def test_a_batch_that_names_no_results_has_none() -> None:
    with pytest.raises(ResultsGone):
        await read(speaking(b"", results_url=None))


async def test_an_archived_batch_has_no_results() -> None:
    async with (
        raw_server(speaking(b"", archived_at="2026-12-24T08:00:00Z")) as url,
        client_at(url) as client,
    ):
        remote = await client.retrieve(NAME)
    assert remote is not None
    assert (remote.has_results, remote.requests, remote.succeeded) == (False, 2, 1)


async def test_a_missing_batch_is_none_and_a_missing_api_is_not() -> None:
    missing = refusal(404, "not_found_error", "Message batch was not found")
    async with raw_server(missing) as url, client_at(url) as client:
        assert await client.retrieve(NAME) is None
        await client.cancel(NAME)
    async with raw_server(reply(HTML, 404, media_type="text/html")) as url, client_at(url) as other:
        with pytest.raises(Stop, match="ANTHROPIC_BASE_URL"):
            await other.retrieve(NAME)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}"])
async def test_a_creation_whose_reply_cannot_be_read_is_in_doubt(body: bytes) -> None:
    async with raw_server(reply(body)) as url, client_at(url) as client:
        with pytest.raises(InDoubt):
            await client.create({"p-1": question()})


async def test_the_list_is_read_page_by_page_back_to_a_moment(server: RunningServer) -> None:
    async with client_at(server.base_url) as client:
        oldest = await client.create({"p-1": question()})
        server.admin.advance(3600)
        newer = [(await client.create({"p-1": question()})).remote_id for _ in range(3)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "facets_pipeline.adapters.annotators.claude.batch_client.LISTED_AT_ONCE", 2
            )
            listed = await client.created_since(oldest.created_at + timedelta(minutes=1))
            everything = await client.created_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert [one.remote_id for one in listed] == newer[::-1]
    assert {oldest.remote_id, *newer} <= {one.remote_id for one in everything}


async def test_the_weight_of_a_request_is_no_less_than_what_is_sent() -> None:
    sent: list[int] = []

    async def speak(request: str, writer: Any) -> None:  # noqa: ANN401 - a stream writer
        sent.append(len(request.partition("\r\n\r\n")[2].encode()))
        writer.write(refusal(529, "overloaded_error", "Overloaded"))

    asked = question(user="naïve “quotes” \n" * 50)
    async with raw_server(speak) as url, client_at(url) as client:
        with pytest.raises(NotPaid):
            await client.create({"x" * 45: asked})
        assert sent[0] <= client.weigh(asked) + 100


async def test_a_list_that_never_ends_is_given_up() -> None:
    async def speak(_: str, writer: Any) -> None:  # noqa: ANN401 - a stream writer
        writer.write(reply({"data": [shown("http://x")], "has_more": True}))

    async with raw_server(speak) as url, client_at(url) as client:
        with pytest.raises(NotPaid, match="again and again"):
            await client.created_since(datetime(2020, 1, 1, tzinfo=UTC))


async def test_a_list_that_is_none_cannot_be_read() -> None:
    async def speak(_: str, writer: Any) -> None:  # noqa: ANN401 - a stream writer
        writer.write(reply(b"[]"))

    async with raw_server(speak) as url, client_at(url) as client:
        with pytest.raises(NotPaid, match="cannot be read"):
            await client.created_since(datetime(2020, 1, 1, tzinfo=UTC))
