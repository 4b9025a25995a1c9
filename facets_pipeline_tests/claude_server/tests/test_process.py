"""The server as a process: options, restart with its state, custom answers, latency, speed."""

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import anthropic
import pytest

from facets_pipeline_tests.claude_server import Fault, ServerSettings, running_server
from facets_pipeline_tests.claude_server.answers import Ask
from facets_pipeline_tests.claude_server.process import REPOSITORY
from facets_pipeline_tests.claude_server.settings import as_options, from_options
from facets_pipeline_tests.claude_server.tests.requests_made import (
    answers_of,
    ask,
    message,
    open_client,
    plain,
    text_of,
)

HERE = "facets_pipeline_tests.claude_server.tests.test_process"


def shout(ask: Ask) -> str:
    """Answer with the prompt in capitals: an answerer that a test brings along."""
    return ask.text.upper()


def test_settings_survive_the_command_line() -> None:
    changed = ServerSettings(
        rpm=1200,
        itpm=2e6,
        batch_queue=None,
        burst_seconds=2.5,
        api_key="key with space",
        faults=(Fault("overloaded", probability=0.1, codes=("J0120",)),),
    )
    assert from_options(as_options(changed)) == changed
    assert from_options([]) == ServerSettings()


def test_a_wrong_option_ends_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        from_options(["--rpm", "fast"])
    assert "--rpm" in capsys.readouterr().err


@pytest.mark.anyio
async def test_account_and_batches_survive_a_crash(tmp_path: Path) -> None:
    state_file = str(tmp_path / "state.jsonl")
    with running_server(state_file=state_file, batch_seconds=3600) as server:
        async with open_client(server) as client:
            await ask(client, message(["J0120"]))
            made = [{"custom_id": "one", "params": message(["J0121"])}]
            batch = await client.messages.batches.create(requests=made)  # pyright: ignore[reportArgumentType]
            before = server.admin.account()
            server.kill()
            server.restart()
            assert server.admin.account() == before
            server.admin.advance(3600)
            stream = await client.messages.batches.results(batch.id)
            assert [line.custom_id async for line in stream] == ["one"]
            settled = server.admin.account()
            server.restart()
            assert server.admin.account() == settled
            assert settled["paid_codes"] == {"J0120": 1, "J0121": 1}
            await client.messages.batches.delete(batch.id)
            server.restart()
            with pytest.raises(anthropic.NotFoundError):
                await client.messages.batches.retrieve(batch.id)


@pytest.mark.anyio
async def test_a_line_cut_by_a_crash_is_forgotten(tmp_path: Path) -> None:
    state_file = tmp_path / "state.jsonl"
    with running_server(state_file=str(state_file)) as server:
        async with open_client(server) as client:
            await ask(client, message())
            server.kill()
            with state_file.open("a", encoding="utf-8") as file:
                file.write('{"call": {"endpo')
            server.restart()
            await ask(client, message())
            server.restart()
            assert server.admin.account()["paid_calls"] == 2


@pytest.mark.anyio
async def test_a_test_may_bring_its_own_answers(tmp_path: Path) -> None:
    with running_server(answerer=f"{HERE}:shout") as server:
        async with open_client(server) as client:
            answer = await ask(client, plain("hello"))
    assert text_of(answer) == "HELLO"
    table = tmp_path / "facets.json"
    table.write_text(json.dumps({"J0120": {"procedure_category": "imaging"}}), encoding="utf-8")
    with running_server(facets_file=str(table)) as server:
        async with open_client(server) as client:
            first = await ask(client, message())
            server.admin.answer_with({"J0120": {"procedure_category": "drug"}})
            second = await ask(client, message())
    categories = [answers_of(one)[0]["procedure_category"] for one in (first, second)]
    assert categories == ["imaging", "drug"]


@pytest.mark.anyio
async def test_latency_grows_with_output_and_shrinks_with_the_clock() -> None:
    async def seconds(**settings: float) -> float:
        with running_server(**settings) as server:
            async with open_client(server) as client:
                await ask(client, plain())
            (row,) = server.admin.requests("messages")
            return row["finished_at"] - row["received_at"]

    assert await seconds(latency_seconds=0.2) >= 0.2
    assert await seconds(latency_seconds=0.2, seconds_per_token=0.05) >= 0.4  # four tokens
    assert 0.1 <= await seconds(latency_seconds=100, clock_scale=1000) < 50


@pytest.mark.anyio
async def test_the_first_use_of_a_schema_takes_longer() -> None:
    with running_server(compile_seconds=0.5) as server:
        async with open_client(server) as client:
            for _ in range(2):
                await ask(client, message())
        first, second = server.admin.requests("messages")
    assert first["finished_at"] - first["received_at"] >= 0.5
    assert second["finished_at"] - second["received_at"] < 0.5


def test_it_listens_on_this_machine_alone() -> None:
    with running_server() as server:
        port = int(server.base_url.rsplit(":", 1)[1])
        assert server.base_url.startswith("http://127.0.0.1:")
        with socket.socket() as other, pytest.raises(OSError, match="refused"):
            other.connect(("127.0.0.2", port))


def test_it_ends_with_the_process_that_started_it() -> None:
    starter = (
        "import sys, time\n"
        "from facets_pipeline_tests.claude_server import RunningServer, ServerSettings\n"
        "print(RunningServer(ServerSettings()).base_url, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as open_connection:
            os.kill(process.pid, signal.SIGKILL)
            assert open_connection.recv(1) == b""


@pytest.mark.anyio
async def test_a_reply_is_not_held_back_until_its_headers_are_acknowledged() -> None:
    with running_server() as server:
        async with open_client(server) as client:
            times: list[float] = []
            for _ in range(20):
                start = time.perf_counter()
                await ask(client, message())
                times.append(time.perf_counter() - start)
    # A delayed acknowledgement takes 40 ms, each time but the first on a connection.
    assert statistics.quantiles(times, n=4)[0] < 0.035


@pytest.mark.anyio
async def test_many_calls_at_once_are_all_answered_and_counted() -> None:
    with running_server(latency_seconds=0.05) as server:
        async with open_client(server) as client:
            bodies = [message([f"J{place:04d}"]) for place in range(200)]
            answers = await asyncio.gather(*(ask(client, one) for one in bodies))
        account = server.admin.account()
    assert sum(one.usage.output_tokens for one in answers) == account["usage"]["output"]
    assert account["paid_calls"] == account["worst_minute"] == 200
    assert account["paid_more_than_once"] == 0
