"""What calls cost, by kind of token, model, batch and region; and the account's totals."""

from decimal import Decimal

import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import RunningServer
from facets_pipeline_tests.claude_server.account import worst_window
from facets_pipeline_tests.claude_server.billing import Usage, cost_usd
from facets_pipeline_tests.claude_server.catalogue import find_model
from facets_pipeline_tests.claude_server.tests.requests_made import (
    HAIKU,
    OPUS,
    SONNET,
    ask,
    message,
)

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        (HAIKU, Usage(output=MILLION), "0.50"),
        (HAIKU, Usage(input=100_000), "0.01"),
        (HAIKU, Usage(input=100_001), "0.0500005"),
        (HAIKU, Usage(read=90_000, input=20_000, output=1000), "0.017"),
        (SONNET, Usage(input=MILLION), "2"),
        (SONNET, Usage(write_5m=MILLION), "2.50"),
        (SONNET, Usage(write_1h=MILLION), "4"),
        (SONNET, Usage(read=MILLION), "0.10"),
        (SONNET, Usage(output=MILLION, thinking=MILLION // 2), "10"),
        (OPUS, Usage(input=1, write_5m=1, write_1h=1, read=1, output=1), "0.0000372"),
        ("claude-haiku-4-5", Usage(input=MILLION, output=MILLION), "6"),
    ],
)
def test_each_kind_of_token_has_its_price(model: str, usage: Usage, usd: str) -> None:
    assert cost_usd(usage, find_model(model), batch=False, geo=None) == Decimal(usd)


def test_batches_cost_half_and_a_fixed_region_a_tenth_more() -> None:
    usage = Usage(input=MILLION, read=MILLION, output=MILLION)
    model = find_model(SONNET)
    assert cost_usd(usage, model, batch=True, geo=None) == Decimal("6.05")
    assert cost_usd(usage, model, batch=False, geo="us") == Decimal("13.31")


@pytest.mark.anyio
async def test_the_account_equals_what_the_client_was_told(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    expected = Decimal(0)
    output = 0
    for place in range(4):
        answer = await ask(client, message([f"J012{place}"], model=SONNET, thinking=None))
        output += answer.usage.output_tokens
        expected += (2 * answer.usage.input_tokens + 10 * answer.usage.output_tokens) / Decimal(
            MILLION
        )
    account = server.admin.account()
    assert server.admin.cost_usd() == expected
    assert account["usage"]["output"] == output
    assert account["paid_calls"] == account["delivered_calls"] == 4
    assert account["by_model"] == {SONNET: {"calls": 4, "cost_usd": account["cost_usd"]}}


@pytest.mark.anyio
async def test_the_account_knows_which_codes_were_paid_and_how_often(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    await ask(client, message(["J0120", "J0121"]))
    await ask(client, message(["J0121"]))
    account = server.admin.account()
    assert account["paid_codes"] == {"J0120": 1, "J0121": 2}
    assert account["paid_more_than_once"] == 1
    assert [row["codes"] for row in server.admin.requests("messages")] == [
        ["J0120", "J0121"],
        ["J0121"],
    ]


def test_the_worst_window_counts_what_falls_into_any_sixty_seconds() -> None:
    assert worst_window([]) == 0
    assert worst_window([0, 59.9, 60, 100, 119.8]) == 4
    assert worst_window([0, 60, 120]) == 1
