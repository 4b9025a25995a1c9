"""An address that is told of failed runs, on this machine. No test belongs here."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class AlertAddress:
    """What was posted, and what is answered.

    Attributes:
        url: The address.
        status: The HTTP status that it answers with.
        posted: Every document so far.
    """

    url: str = ""
    status: int = 204
    posted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@contextmanager
def alert_address() -> Generator[AlertAddress]:
    """Listen for as long as the context lasts."""
    address = AlertAddress()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            address.posted.append(json.loads(self.rfile.read(length)))
            self.send_response(address.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            del format, args

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        address.url = f"http://127.0.0.1:{server.server_port}/hook?token=canary-7281"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()
