"""The key appears nowhere: no exception, no repr, no log line, whatever goes wrong."""

import logging
import traceback

import pytest

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline_tests.adapters.annotators.claude.asking import client_of, question
from facets_pipeline_tests.adapters.annotators.claude.raw_server import raw_server, refusal, reply
from facets_pipeline_tests.claude_server import Fault, running_server
from facets_pipeline_tests.claude_server.faults import STAGES

pytestmark = pytest.mark.anyio

CANARY = "sk-ant-canary-4f1c9b7e"
FAULTS = sorted((STAGES["before"] | STAGES["reply"]) - {"limit_change", "slow"})


def everything_shown(error: BaseException) -> str:
    """Return all that a log or a page may show of an exception."""
    shown = [repr(error), str(error), str(vars(error))]
    shown += traceback.format_exception(error)
    for link in (error.__cause__, error.__context__):
        shown += [everything_shown(link)] if link is not None else []
    return "\n".join(shown)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every log line of every library, down to the finest."""
    caplog.set_level(logging.DEBUG)
    for name in ("anthropic", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


async def test_the_key_is_in_nothing_that_a_failure_leaves(
    logged: pytest.LogCaptureFixture,
) -> None:
    with running_server(api_key=CANARY) as server:
        async with client_of(server.base_url, key=CANARY) as client:
            await client.ask(question())
            shown = [repr(client), str(vars(client)["_key"])]
            for kind in FAULTS:
                server.admin.clear_faults()
                server.admin.plan(Fault(kind))
                with pytest.raises(AnnotatorError) as caught:
                    await client.ask(question())
                shown.append(everything_shown(caught.value))
    assert len(shown) > 10
    assert logged.records
    assert CANARY not in "\n".join(shown)
    assert CANARY not in logged.text


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
async def test_a_key_that_is_sent_back_is_blotted_out(
    logged: pytest.LogCaptureFixture, status: int
) -> None:
    said = f"The field x: no such key {CANARY}"
    echoes = [
        refusal(status, "some_error", said),
        reply(f"<html>{CANARY}</html>".encode(), status),
        reply(CANARY.encode(), status),
    ]
    for echo in echoes:
        async with raw_server(echo) as url, client_of(url, key=CANARY) as client:
            with pytest.raises(AnnotatorError) as caught:
                await client.ask(question())
            assert CANARY not in everything_shown(caught.value)
    assert CANARY not in logged.text


async def test_a_password_in_the_address_is_not_shown() -> None:
    async with client_of(f"http://someone:{CANARY}@127.0.0.1:1") as client:
        with pytest.raises(AnnotatorError, match="http://127") as caught:
            await client.ask(question())
    assert CANARY not in everything_shown(caught.value)
