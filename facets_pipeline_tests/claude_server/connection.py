"""Replies on a real connection: sent whole, cut in the middle, or never begun.

Cutting needs uvicorn's transport, which no ASGI extension offers; `with_transport` passes it on.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TRANSPORT = "claude_server.transport"


def with_transport(app: ASGIApp) -> ASGIApp:
    """Return `app` with uvicorn's transport in the scope of each request."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cycle: Any = getattr(send, "__self__", None)
            if cycle is None:
                raise RuntimeError("The server runs on uvicorn alone: no transport was found.")
            scope[TRANSPORT] = cycle.transport
        await app(scope, receive, send)

    return wrapped


class Outgoing(Response):
    """A reply that may be cut, and that tells whether it was delivered.

    Args:
        body: The whole body.
        status: HTTP status.
        headers: HTTP headers.
        media_type: Content type.
        share_sent: None to send everything, 0 to send nothing at all, else the share of the body
            that is sent before the connection is closed.
        before_sent: Is told, before the first byte, whether the whole reply goes to a connection
            that is open: an account must not miss a call whose client already knows the answer.
    """

    def __init__(
        self,
        body: bytes,
        status: int,
        headers: Mapping[str, str],
        media_type: str,
        *,
        share_sent: float | None = None,
        before_sent: Callable[[bool], None],
    ) -> None:
        super().__init__(body, status, headers, media_type)
        self._share_sent = share_sent
        self._before_sent = before_sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply, or as much of it as is wanted."""
        transport: asyncio.Transport = scope[TRANSPORT]
        if self._share_sent is None:
            self._before_sent(not transport.is_closing())
            await super().__call__(scope, receive, send)
            return
        self._before_sent(False)  # noqa: FBT003 - a callback takes its one argument by place
        if self._share_sent > 0:
            start = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            part = bytes(self.body)[: int(len(self.body) * self._share_sent)]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            transport.close()
        else:
            transport.abort()
        # uvicorn sends a 500 of its own unless it has seen the connection go.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
