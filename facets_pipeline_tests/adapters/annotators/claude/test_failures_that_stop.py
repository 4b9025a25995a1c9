"""Failures that do not heal: the run stops with one sentence that says what to do."""

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.engine.calls import Stop
from facets_pipeline_tests.adapters.annotators.claude.asking import (
    HAIKU,
    OPUS,
    client_of,
    failure_of,
    is_one_sentence,
    question,
)
from facets_pipeline_tests.adapters.annotators.claude.raw_server import HTML, refusal, reply
from facets_pipeline_tests.claude_server import Fault, RunningServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 407])
async def test_a_page_of_a_proxy_stops(status: int) -> None:
    page = reply(HTML, status, media_type="text/html", headers={"location": "http://127.0.0.1:1/"})
    failure = await failure_of(page)
    assert isinstance(failure, Stop)
    assert "ANTHROPIC_BASE_URL" in failure.message
    assert is_one_sentence(failure.message)


async def test_a_page_in_the_midst_of_a_run_stops(
    client: ClaudeClient, server: RunningServer
) -> None:
    server.admin.plan(Fault("html"))
    with pytest.raises(Stop, match="web page"):
        await client.ask(question())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("unauthorized"), "refused the key"),
        (Fault("billing"), "raise it in the Claude Console"),
        (Fault("spend_limit"), "raise it in the Claude Console"),
        (Fault("tier_spend_limit"), "raise it in the Claude Console"),
        (Fault("contract_spend_limit"), "raise it in the Claude Console"),
        (Fault("not_found"), "ANTHROPIC_BASE_URL"),
    ],
)
async def test_what_does_not_heal_stops_with_a_remedy(
    client: ClaudeClient, server: RunningServer, fault: Fault, words: str
) -> None:
    server.admin.plan(fault)
    with pytest.raises(Stop) as caught:
        await client.ask(question())
    assert words in str(caught.value)
    assert is_one_sentence(str(caught.value))


async def test_a_wrong_key_stops(server: RunningServer) -> None:
    async with client_of(server.base_url, key="sk-wrong") as client:
        with pytest.raises(Stop, match="set ANTHROPIC_API_KEY to a valid key"):
            await client.ask(question())


@pytest.mark.parametrize("model", ["claude-3-5-sonnet-20241022", "claude-nonsense"])
async def test_a_model_that_does_not_answer_stops(client: ClaudeClient, model: str) -> None:
    with pytest.raises(Stop, match=f"no model '{model}'.*--model, as .*{OPUS}"):
        await client.ask(replace(question(), model=model))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"effort": "enormous"}, "output_config.effort"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
async def test_a_bad_request_stops_and_names_the_field(
    client: ClaudeClient, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Stop) as caught:
        await client.ask(question(**changes))
    assert f"the field '{field}" in str(caught.value)
    assert HAIKU in str(caught.value)
    assert is_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("status", "kind", "message", "words"),
    [
        (400, "invalid_request_error", "Your credit balance is too low.", "Claude Console"),
        (400, "invalid_request_error", "It is odd", "correct what it names"),
        (403, "permission_error", "Not allowed", f"may not use {HAIKU}"),
        (413, "request_too_large", "Too big", "--batch-size"),
        (422, "invalid_request_error", "It is odd", "correct what it names"),
    ],
)
async def test_other_refusals_stop_with_a_remedy(
    status: int, kind: str, message: str, words: str
) -> None:
    failure = await failure_of(refusal(status, kind, message))
    assert isinstance(failure, Stop)
    assert words in failure.message
    assert is_one_sentence(failure.message)


@pytest.fixture
def unknown_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate that it made itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the command openssl, which makes the certificate, is not on this machine")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    files = ["-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_nobody_vouches_for_stops(
    unknown_certificate: ssl.SSLContext,
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=unknown_certificate)
    async with await listening as server:
        port = server.sockets[0].getsockname()[1]
        async with client_of(f"https://127.0.0.1:{port}") as client:
            with pytest.raises(Stop, match="SSL_CERT_FILE"):
                await client.ask(question())
