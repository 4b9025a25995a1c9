"""The load of the search's measure: every request is asked, failures are told, shares are exact."""

import math
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from facets_pipeline_tests.bench.load import Seen, Wanted, ask


class Answers(BaseHTTPRequestHandler):
    """Answers 200, or what the path names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(int(self.path[1:] or 200))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class
        """Say nothing."""


@pytest.fixture
def address() -> Generator[str]:
    """The address of a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_all_kinds_are_asked_at_their_rate_and_failures_are_told(address: str) -> None:
    wanted = [Wanted("good", ["/200", "/"], 60), Wanted("bad", ["/200", "/503"], 20)]
    seen = ask(address, wanted, 0.5)
    assert (len(seen["good"].seconds), seen["good"].failures) == (30, [])
    assert seen["bad"].failures == ["/503: 503"] * 5


def test_a_server_that_is_not_there_is_a_failure() -> None:
    seen = ask("http://127.0.0.1:9", [Wanted("none", ["/"], 20)], 0.2)["none"]
    assert len(seen.failures) == 4
    assert seen.milliseconds(0.5) == math.inf


def test_a_share_of_the_answers_came_within_its_time() -> None:
    seen = Seen([number / 1000 for number in range(100, 0, -1)])
    assert [seen.milliseconds(share) for share in (0.01, 0.5, 0.99, 1)] == [1, 50, 99, 100]
