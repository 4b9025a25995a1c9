"""What every endpoint shares: key, version, ids, unknown paths, body size."""

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.claude_server.tests.requests_made import (
    ask,
    ask_raw,
    message,
    open_client,
    plain,
)

pytestmark = pytest.mark.anyio


async def test_the_installed_client_library_is_accepted_as_it_is(client: AsyncAnthropic) -> None:
    raw = await ask_raw(client, message())
    assert raw.headers["request-id"].startswith("req_")
    assert (await raw.parse()).stop_reason == "end_turn"


async def test_a_wrong_key_is_refused(server: RunningServer) -> None:
    async with open_client(server, api_key="another") as stranger:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await ask(stranger, message())
    assert caught.value.type == "authentication_error"
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "test-key", "anthropic-version": "2026-10-21"}, 401),
        ({"authorization": "test-key", "anthropic-version": "2026-10-21"}, 401),
        ({"authorization": "Bearer test-key"}, 400),
        ({"authorization": "Bearer test-key", "anthropic-version": "2023-01-01"}, 400),
        ({"authorization": "Bearer test-key", "anthropic-version": "2026-10-21"}, 200),
    ],
)
async def test_key_and_version_must_come_in_their_headers(
    server: RunningServer, headers: dict[str, str], status: int
) -> None:
    async with httpx2.AsyncClient(base_url=server.base_url, headers=headers) as http:
        response = await http.post("/v1/messages", json=message())
    assert response.status_code == status


async def test_an_unknown_path_is_an_api_error(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        await client.get("/v1/complete", cast_to=object)
    assert caught.value.type == "not_found_error"


async def test_a_body_that_is_not_json_is_refused(server: RunningServer) -> None:
    headers = {"authorization": "Bearer test-key", "anthropic-version": "2026-10-21"}
    async with httpx2.AsyncClient(base_url=server.base_url, headers=headers) as http:
        response = await http.post("/v1/messages", content=b"{not json")
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_body_above_the_size_limit_is_refused() -> None:
    with running_server(max_body_bytes=2000) as server:
        async with open_client(server) as client:
            with pytest.raises(anthropic.ContentTooLargeError) as caught:
                await ask(client, plain("x" * 3000))
            assert caught.value.body["error"]["type"] == "request_too_large"  # type: ignore[index]
            await ask(client, plain("x" * 300))


async def test_refused_calls_are_in_the_account_and_cost_nothing(
    server: RunningServer, client: AsyncAnthropic
) -> None:
    with pytest.raises(anthropic.BadRequestError):
        await ask(client, message(max_tokens=-1))
    account = server.admin.account()
    assert account["statuses"] == {"400": 1}
    assert account["cost_usd"] == "0"
