"""Batches that the server's tests send, and their results."""

from collections.abc import Sequence
from typing import Any

from anthropic import AsyncAnthropic

from facets_pipeline_tests.claude_server.tests.requests_made import message


def requests(codes: Sequence[str], **changes: Any) -> Any:  # noqa: ANN401
    """Return one batch request per code, the code as its custom id."""
    return [{"custom_id": code, "params": message([code], **changes)} for code in codes]


async def results(client: AsyncAnthropic, batch_id: str) -> dict[str, Any]:
    """Return all results by custom id."""
    stream = await client.messages.batches.results(batch_id)
    return {line.custom_id: line.result async for line in stream}
