"""A server that answers with given bytes: what no well-behaved server sends."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

HTML = b"<html><body>Sign in</body></html>"

Speak = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Gets a whole request as text and writes the answer; the connection is closed after it."""


@asynccontextmanager
async def raw_server(speak: Speak | bytes) -> AsyncGenerator[str]:
    """Listen on a free port of 127.0.0.1 and yield the base URL.

    Args:
        speak: What is answered to each request.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _request(reader)
            if isinstance(speak, bytes):
                writer.write(speak)
            else:
                await speak(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, as some tests want it to
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def reply(
    body: bytes | Mapping[str, object],
    status: int = 200,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a whole HTTP reply."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": media_type, "content-length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} As told\r\n{head}connection: close\r\n\r\n".encode() + content


def refusal(
    status: int,
    kind: str,
    message: str,
    *,
    error_code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a reply with an error of the API."""
    error: dict[str, object] = {"type": kind, "message": message}
    if error_code is not None:
        error["details"] = {"error_code": error_code}
    body = {"type": "error", "error": error, "request_id": "req_raw"}
    return reply(body, status, headers={"request-id": "req_raw", **(headers or {})})


async def _request(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(
        (
            int(line[15:])
            for line in head.lower().split("\r\n")
            if line.startswith("content-length")
        ),
        0,
    )
    return head + (await reader.readexactly(length)).decode()
