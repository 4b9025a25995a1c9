"""What the ledger and the local server each say of a call, in the same terms.

No test belongs here; what must be equal is said where it is compared.
"""

import contextlib
from typing import Any

import httpx2

from facets_pipeline_tests.claude_server import RunningServer

Tokens = tuple[int, ...]
"""Input, read from the cache, written to it, output, and thinking of it."""


def ledger_tokens(row: Any) -> Tokens:  # noqa: ANN401 - a row of the ledger
    """Return the tokens of a call as the ledger has them."""
    return (
        row.input_tokens,
        row.cache_read_tokens,
        row.cache_write_tokens,
        row.output_tokens,
        row.thinking_tokens,
    )


def server_tokens(record: dict[str, Any]) -> Tokens | None:
    """Return the tokens of a request as the server billed them; None if it billed none."""
    usage = record["usage"]
    writes = usage["write_5m"] + usage["write_1h"]
    tokens = (usage["input"], usage["read"], writes, usage["output"], usage["thinking"])
    return tokens if any(tokens) else None


def let_finish(server: RunningServer, longest_call_seconds: float) -> None:
    """Wait until the server has booked every call, also those whose client has gone.

    A call whose client died before all of it was sent never ends there: nobody waits longer than
    the longest call takes.
    """
    with contextlib.suppress(httpx2.TimeoutException):
        httpx2.get(f"{server.base_url}/_admin/idle", timeout=longest_call_seconds)
