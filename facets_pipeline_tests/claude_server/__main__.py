"""Run the server: prints one JSON line with its base_url once it listens, on 127.0.0.1 only.

It ends when its standard input is closed, so that it never outlives the process that started it;
start it with `</dev/tty` or `tail -f /dev/null |` to keep it by hand.
"""

import asyncio
import json
import socket
import sys
import threading

import uvicorn

from facets_pipeline_tests.claude_server.app import build_app
from facets_pipeline_tests.claude_server.settings import ServerSettings, from_options
from facets_pipeline_tests.claude_server.state import ServerState


def main() -> None:
    """Serve until standard input ends or a signal comes."""
    settings = from_options(sys.argv[1:])
    listener = _listen(settings)
    config = uvicorn.Config(
        build_app(ServerState(settings)),
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    host, port = listener.getsockname()
    print(json.dumps({"base_url": f"http://{host}:{port}", "port": port}), flush=True)
    asyncio.run(server.serve(sockets=[listener]))


def _listen(settings: ServerSettings) -> socket.socket:
    listener = socket.socket()
    # Inherited by each connection: without it the body waits 40 ms for the headers' receipt.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", settings.port))
    listener.listen(1024)
    return listener


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
