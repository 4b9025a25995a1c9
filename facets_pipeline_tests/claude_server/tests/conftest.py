"""One server for the tests of a file, put back before each test; a client without retries."""

from collections.abc import AsyncGenerator, Iterator

import pytest
from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.claude_server.tests.requests_made import open_client


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that the project uses."""
    return "asyncio"


@pytest.fixture(scope="session")
def shared_server() -> Iterator[RunningServer]:
    """A server without limits or latency."""
    with running_server() as server:
        yield server


@pytest.fixture
def server(shared_server: RunningServer) -> RunningServer:
    """The shared server with nothing planned, nothing limited and nothing in its account."""
    shared_server.admin.clear_faults()
    shared_server.admin.change_limits()
    shared_server.admin.forget()
    return shared_server


@pytest.fixture
async def client(server: RunningServer) -> AsyncGenerator[AsyncAnthropic]:
    """The real client library, pointed at the server, one attempt per call."""
    async with open_client(server) as one:
        yield one
