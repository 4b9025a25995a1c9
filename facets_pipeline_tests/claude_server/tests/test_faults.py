"""Everything that can go wrong on demand, as the client library sees it."""

import json
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server
from facets_pipeline_tests.claude_server.faults import FaultBook
from facets_pipeline_tests.claude_server.tests.requests_made import (
    answers_of,
    ask,
    ask_raw,
    message,
    open_client,
    text_of,
)

pytestmark = pytest.mark.anyio

CODES = ("J0120", "J0121", "J0122")


@pytest.mark.parametrize(
    ("fault", "error", "status", "error_code"),
    [
        (Fault("rate_limited", seconds=7), anthropic.RateLimitError, 429, None),
        (Fault("overloaded"), anthropic.OverloadedError, 529, None),
        (Fault("server_error"), anthropic.InternalServerError, 500, None),
        (Fault("unauthorized"), anthropic.AuthenticationError, 401, None),
        (Fault("billing"), anthropic.PaymentRequiredError, 402, None),
        (Fault("spend_limit"), anthropic.BadRequestError, 400, None),
        (
            Fault("tier_spend_limit"),
            anthropic.RateLimitError,
            429,
            "enforced_spend_limit_reached",
        ),
        (
            Fault("contract_spend_limit"),
            anthropic.RateLimitError,
            429,
            "contract_spend_limit_reached",
        ),
        (Fault("html", status=502), anthropic.InternalServerError, 502, None),
    ],
)
async def test_a_call_is_refused_and_costs_nothing(
    client: AsyncAnthropic,
    server: RunningServer,
    fault: Fault,
    error: type[anthropic.APIStatusError],
    status: int,
    error_code: str | None,
) -> None:
    server.admin.plan(fault)
    with pytest.raises(error) as caught:
        await ask(client, message())
    assert (caught.value.status_code, caught.value.error_code) == (status, error_code)
    waits = caught.value.response.headers.get("retry-after")
    assert waits == ("7" if fault.kind == "rate_limited" else None)
    account = server.admin.account()
    assert (account["paid_calls"], account["cost_usd"]) == (0, "0")


async def test_the_spend_limit_reads_as_the_api_s(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("spend_limit"))
    with pytest.raises(anthropic.BadRequestError) as caught:
        await ask(client, message())
    message_text = str(caught.value.api_message)
    assert message_text.startswith("You have reached your specified API usage limits")


async def test_a_proxy_page_is_not_an_answer(client: AsyncAnthropic, server: RunningServer) -> None:
    server.admin.plan(Fault("html"))
    answer: Any = await ask(client, message())
    assert isinstance(answer, str)
    assert "<html>" in answer


@pytest.mark.parametrize("kind", ["drop_before_reply", "drop_mid_body"])
async def test_a_lost_reply_is_billed(
    client: AsyncAnthropic, server: RunningServer, kind: str
) -> None:
    server.admin.plan(Fault(kind, count=1))
    with pytest.raises(anthropic.APIConnectionError):
        await ask(client, message())
    account = server.admin.account()
    assert (account["paid_calls"], account["delivered_calls"]) == (1, 0)
    assert account["cost_usd"] == account["lost_cost_usd"] != "0"
    await ask(client, message())
    assert server.admin.account()["paid_more_than_once"] == 1


async def test_a_connection_lost_before_the_work_is_not_billed(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("drop_before_work", count=1))
    with pytest.raises(anthropic.APIConnectionError):
        await ask(client, message())
    account = server.admin.account()
    assert (account["requests"], account["paid_calls"]) == (1, 0)


async def test_a_slow_reply_that_nobody_waits_for_is_billed_and_lost(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("slow", seconds=0.6, count=1))
    with pytest.raises(anthropic.APITimeoutError):
        await ask(client, message(), timeout=0.2)
    server.admin.wait_until_idle()
    account = server.admin.account()
    assert (account["paid_calls"], account["delivered_calls"]) == (1, 0)


async def test_an_answer_is_cut(client: AsyncAnthropic, server: RunningServer) -> None:
    server.admin.plan(Fault("truncated", count=1))
    answer = await ask(client, message(CODES))
    assert answer.stop_reason == "max_tokens"
    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(answer))
    assert answer.usage.output_tokens > 0


async def test_too_few_tokens_cut_an_answer_without_any_fault(client: AsyncAnthropic) -> None:
    thought = await ask(client, message(CODES, thinking=None, max_tokens=20))
    assert (thought.stop_reason, thought.usage.output_tokens) == ("max_tokens", 20)
    assert [block.type for block in thought.content] == ["thinking"]
    cut = await ask(client, message(CODES, max_tokens=10))
    assert (cut.stop_reason, cut.usage.output_tokens, len(text_of(cut))) == ("max_tokens", 10, 35)


async def test_a_request_is_refused_and_billed(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("refused", codes=("J0121",)))
    answer = await ask(client, message(CODES))
    assert answer.stop_reason == "refusal"
    assert answer.stop_details is not None
    assert answer.stop_details.category == "bio"
    assert text_of(answer) == ""
    assert server.admin.account()["paid_calls"] == 1
    assert (await ask(client, message(["J0120"]))).stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("wrong_code", ["J7897", "J0121", "J0122"]),
        ("swapped_codes", ["J0121", "J0120", "J0122"]),
        ("missing_code", ["J0120", "J0121"]),
        ("extra_code", ["J0120", "J0121", "J0122", "J7897"]),
    ],
)
async def test_codes_are_not_the_ones_that_were_asked(
    client: AsyncAnthropic, server: RunningServer, kind: str, codes: list[str]
) -> None:
    server.admin.plan(Fault(kind, count=1))
    answer = await ask(client, message(CODES))
    assert [one["code"] for one in answers_of(answer)] == codes
    assert answer.stop_reason == "end_turn"
    again = await ask(client, message(CODES))
    assert [one["code"] for one in answers_of(again)] == list(CODES)


@pytest.mark.parametrize("kind", ["malformed_json", "empty_answer"])
async def test_an_answer_is_not_json(
    client: AsyncAnthropic, server: RunningServer, kind: str
) -> None:
    server.admin.plan(Fault(kind))
    answer = await ask(client, message(CODES))
    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(answer))


async def test_values_are_not_in_the_vocabulary(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("invalid_enum", count=1))
    server.admin.plan(Fault("upper_case", count=1))
    broken, shouted = [await ask(client, message(CODES)) for _ in range(2)]
    assert answers_of(broken)[0]["procedure_category"] == "not_a_procedure_category"
    assert answers_of(shouted)[0]["procedure_category"].isupper()


async def test_a_limit_changes_in_mid_run(client: AsyncAnthropic, server: RunningServer) -> None:
    server.admin.change_limits(rpm=6000)
    server.admin.plan(Fault("limit_change", after=3, count=1, rpm=60))
    for _ in range(3):
        await ask(client, message())
    raw = await ask_raw(client, message())
    assert raw.headers["anthropic-ratelimit-requests-limit"] == "60"


async def test_faults_may_be_at_any_endpoint(client: AsyncAnthropic, server: RunningServer) -> None:
    server.admin.plan(Fault("overloaded", endpoint="models", count=1))
    server.admin.plan(Fault("server_error", endpoint="batch_list", count=1))
    await ask(client, message())
    with pytest.raises(anthropic.OverloadedError):
        await client.models.retrieve("claude-haiku-5-5")
    with pytest.raises(anthropic.InternalServerError):
        await client.messages.batches.list()
    assert [one["fired"] for one in server.admin.faults()] == [1, 1]


async def test_faults_are_given_at_the_start_too() -> None:
    faults = (Fault("overloaded", count=1, after=1, codes=("J0121",)),)
    with running_server(faults=faults) as server:
        async with open_client(server) as client:
            await ask(client, message(["J0121"]))
            await ask(client, message(["J0120"]))
            with pytest.raises(anthropic.OverloadedError):
                await ask(client, message(["J0120", "J0121"]))
            await ask(client, message(["J0121"]))


def test_a_share_of_the_calls_fails_the_same_way_each_time() -> None:
    def drawn(seed: int) -> list[bool]:
        book = FaultBook([Fault("overloaded", probability=0.3)], seed)
        return [book.draw("before", "messages", (), None) is not None for _ in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 80 < sum(drawn(1)) < 160


@pytest.mark.parametrize(
    "row", [{"kind": "earthquake"}, {"kind": "slow", "endpoint": "moon"}, {"kind": "slow", "x": 1}]
)
def test_a_fault_that_does_not_exist_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|no field"):
        Fault.read(row)


def test_an_answer_fault_is_for_answers_and_an_item_fault_for_items() -> None:
    book = FaultBook([Fault("truncated"), Fault("item_expired")], 0)
    assert book.draw("answer", "messages", (), None) is not None
    assert book.draw("answer", "batch_item", (), None) is not None
    assert book.draw("item", "messages", (), None) is None
    assert book.draw("before", "messages", (), None) is None
