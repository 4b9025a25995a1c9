"""Failures that cost nothing and may heal, and those that leave in doubt what was paid."""

import asyncio
import socket

import pytest

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.engine.calls import InDoubt, NotPaid, NotPaidKind, Stop
from facets_pipeline_tests.adapters.annotators.claude.asking import (
    client_of,
    failure_of,
    is_one_sentence,
    question,
)
from facets_pipeline_tests.adapters.annotators.claude.raw_server import (
    HTML,
    raw_server,
    refusal,
    reply,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fault", "kind", "wait"),
    [
        (Fault("rate_limited", seconds=7), NotPaidKind.RATE_LIMITED, 7.0),
        (Fault("overloaded"), NotPaidKind.OVERLOADED, None),
        (Fault("overloaded", seconds=2.5), NotPaidKind.OVERLOADED, 2.5),
        (Fault("server_error"), NotPaidKind.SERVER_ERROR, None),
    ],
)
async def test_a_refusal_of_the_moment_is_not_paid(
    client: ClaudeClient, server: RunningServer, fault: Fault, kind: NotPaidKind, wait: float | None
) -> None:
    server.admin.plan(fault)
    with pytest.raises(NotPaid) as caught:
        await client.ask(question())
    assert (caught.value.kind, caught.value.retry_after) == (kind, wait)
    assert is_one_sentence(str(caught.value))
    assert server.admin.account()["paid_calls"] == 0


async def test_a_rate_limit_tells_the_limits(client: ClaudeClient, server: RunningServer) -> None:
    server.admin.change_limits(rpm=60)
    calls = await asyncio.gather(
        *(client.ask(question()) for _ in range(3)), return_exceptions=True
    )
    refused = [one for one in calls if isinstance(one, NotPaid)]
    assert len(refused) == 2
    for one in refused:
        assert one.headers["anthropic-ratelimit-requests-limit"] == "60"
        assert one.retry_after == 1


@pytest.mark.parametrize(
    ("status", "kind", "meant"),
    [
        (408, "api_error", NotPaidKind.SERVER_ERROR),
        (409, "conflict_error", NotPaidKind.SERVER_ERROR),
        (503, "api_error", NotPaidKind.SERVER_ERROR),
        (504, "timeout_error", NotPaidKind.SERVER_ERROR),
        (529, "overloaded_error", NotPaidKind.OVERLOADED),
    ],
)
async def test_an_outage_that_the_api_itself_reports_is_not_paid(
    status: int, kind: str, meant: NotPaidKind
) -> None:
    failure = await failure_of(refusal(status, kind, "Try again."))
    assert isinstance(failure, NotPaid)
    assert failure.kind == meant
    assert "req_raw" in failure.message


async def test_a_gateway_that_limits_the_rate_is_not_paid() -> None:
    page = reply(HTML, 429, media_type="text/html", headers={"retry-after": "3"})
    failure = await failure_of(page)
    assert isinstance(failure, NotPaid)
    assert (failure.kind, failure.retry_after) == (NotPaidKind.RATE_LIMITED, 3)


async def test_a_ramp_limit_is_waited_for_only_if_the_api_says_how_long() -> None:
    told, untold = [
        await failure_of(
            refusal(
                429,
                "rate_limit_error",
                "Too steep.",
                error_code="ramp_limit_exceeded",
                headers=headers,
            )
        )
        for headers in ({"retry-after": "9"}, None)
    ]
    assert isinstance(told, NotPaid)
    assert (told.kind, told.retry_after) == (NotPaidKind.RAMP_LIMITED, 9)
    assert isinstance(untold, Stop)
    assert "--rate-limit" in untold.message


async def test_an_address_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with client_of(url) as client:
            with pytest.raises(NotPaid, match="cannot be reached") as caught:
                await client.ask(question())
    assert caught.value.kind == NotPaidKind.UNREACHABLE
    assert url in str(caught.value)


@pytest.mark.parametrize("kind", ["drop_before_work", "drop_before_reply", "drop_mid_body"])
async def test_a_lost_connection_is_in_doubt(
    client: ClaudeClient, server: RunningServer, kind: str
) -> None:
    server.admin.plan(Fault(kind))
    with pytest.raises(InDoubt, match="lost") as caught:
        await client.ask(question())
    assert is_one_sentence(str(caught.value))


async def test_a_reply_that_does_not_come_in_time_is_in_doubt(server: RunningServer) -> None:
    server.admin.plan(Fault("slow", seconds=1))
    async with client_of(server.base_url, timeout=0.3) as client:
        with pytest.raises(InDoubt, match=r"in 0\.3 s"):
            await client.ask(question())
    server.admin.wait_until_idle()
    account = server.admin.account()
    assert (account["paid_calls"], account["delivered_calls"]) == (1, 0)


async def test_a_reply_that_trickles_without_end_is_in_doubt() -> None:
    async def trickle(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)  # what is tried: each byte comes well within the timeout

    async with raw_server(trickle) as url, client_of(url, timeout=0.3) as client:
        with pytest.raises(InDoubt, match="No reply came"):
            await client.ask(question())


@pytest.mark.parametrize(
    "content",
    [
        b'{"type": "message", "content": [{"type": "te',
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"type": "message"}',
        b'{"object": "chat.completion", "choices": []}',
    ],
)
async def test_a_success_that_is_no_message_is_in_doubt(content: bytes) -> None:
    assert isinstance(await failure_of(reply(content)), InDoubt)


async def test_a_body_shorter_than_announced_is_in_doubt() -> None:
    cut = reply({"type": "message", "content": []})[:-5]
    assert isinstance(await failure_of(cut), InDoubt)


async def test_a_page_of_a_failing_gateway_is_in_doubt() -> None:
    for status in (500, 502, 503, 504, 524):
        failure = await failure_of(reply(HTML, status, media_type="text/html"))
        assert isinstance(failure, InDoubt)
        assert str(status) in failure.message


@pytest.mark.parametrize("kind", ["drop_before_reply", "slow", "html"])
async def test_a_call_that_costs_nothing_is_never_in_doubt(
    server: RunningServer, kind: str
) -> None:
    server.admin.plan(Fault(kind, endpoint="count_tokens", seconds=1, status=502))
    async with client_of(server.base_url, timeout=0.3) as client:
        with pytest.raises(NotPaid, match="try again"):
            await client.count_tokens(question())
    server.admin.wait_until_idle()
