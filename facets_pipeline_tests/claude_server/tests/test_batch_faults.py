"""What goes wrong with batches on demand: items, visibility, lost replies, broken results."""

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import Fault, RunningServer
from facets_pipeline_tests.claude_server.tests.batches_made import requests, results

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["errored", "expired", "canceled"])
async def test_single_items_fail_on_demand(
    client: AsyncAnthropic, server: RunningServer, kind: str
) -> None:
    server.admin.plan(Fault(f"item_{kind}", codes=("J0121",)))
    batch = await client.messages.batches.create(requests=requests(["J0120", "J0121"]))
    by_id = await results(client, batch.id)
    assert (by_id["J0120"].type, by_id["J0121"].type) == ("succeeded", kind)
    assert server.admin.account()["paid_codes"] == {"J0120": 1}


async def test_answers_in_batches_are_spoilt_as_in_messages(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("refused", codes=("J0121",)))
    batch = await client.messages.batches.create(requests=requests(["J0120", "J0121"]))
    by_id = await results(client, batch.id)
    assert by_id["J0121"].message.stop_reason == "refusal"
    assert server.admin.account()["errors"] == {"refusal": 1}


async def test_a_new_batch_is_hidden_for_some_looks(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    server.admin.plan(Fault("batch_hidden", reads=2, from_list=True, count=1))
    batch = await client.messages.batches.create(requests=requests(["J0120"]))
    page = await client.messages.batches.list(limit=1)
    assert batch.id not in {one.id for one in page.data}
    for _ in range(2):
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.batches.retrieve(batch.id)
    assert (await client.messages.batches.retrieve(batch.id)).id == batch.id
    page = await client.messages.batches.list(limit=1)
    assert [one.id for one in page.data] == [batch.id]


async def test_a_batch_exists_although_its_creator_never_heard(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    before = len(server.admin.batches())
    server.admin.plan(Fault("drop_before_reply", endpoint="batch_create", count=1))
    with pytest.raises(anthropic.APIConnectionError):
        await client.messages.batches.create(requests=requests(["J0120"]))
    page = await client.messages.batches.list(limit=1)
    assert len(server.admin.batches()) == before + 1
    assert set(await results(client, page.data[0].id)) == {"J0120"}


async def test_a_stream_of_results_can_break_in_the_middle(
    client: AsyncAnthropic, server: RunningServer
) -> None:
    codes = [f"J{place:04d}" for place in range(50)]
    batch = await client.messages.batches.create(requests=requests(codes))
    server.admin.plan(Fault("drop_mid_body", endpoint="batch_results", count=1))
    read: list[str] = []
    stream = await client.messages.batches.results(batch.id)

    async def read_all() -> None:
        async for line in stream:
            read.append(line.custom_id)  # noqa: PERF401 - keeps what came before the break

    with pytest.raises(httpx2.RemoteProtocolError):
        await read_all()
    assert 0 < len(read) < 50
    assert len(await results(client, batch.id)) == 50
