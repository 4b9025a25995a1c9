"""One strict server for these tests, put back before each, and a client of it."""

from collections.abc import AsyncGenerator, Generator

import pytest

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline_tests.adapters.annotators.claude.asking import client_of
from facets_pipeline_tests.claude_server import RunningServer, running_server


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the project uses."""
    return "asyncio"


@pytest.fixture(scope="session")
def strict_server() -> Generator[RunningServer]:
    """A server without limits or latency."""
    with running_server() as server:
        yield server


@pytest.fixture
def server(strict_server: RunningServer) -> RunningServer:
    """The server with nothing planned, nothing limited, nothing in its account or cache."""
    strict_server.admin.clear_faults()
    strict_server.admin.change_limits()
    strict_server.admin.forget()
    strict_server.admin.advance(2 * 3600)
    return strict_server


@pytest.fixture
async def client(server: RunningServer) -> AsyncGenerator[ClaudeClient]:
    """A client of the server."""
    async with client_of(server.base_url) as opened:
        yield opened
