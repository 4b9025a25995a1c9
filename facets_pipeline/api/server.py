"""Serving the application: one process, one address, no more than it was told to listen on.

What is served stands in `app`; what people type to start it, in the command line.
"""

import gc
import ipaddress
import socket
from collections.abc import Callable, Sequence

import uvicorn

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.api.app import make_app
from facets_pipeline.domain.errors import SettingsError

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "[::1]")

_ANYWHERE = 8192
"""Connections that may wait to be accepted."""


def serve(
    search: Search,
    *,
    host: str,
    port: int,
    allowed_hosts: Sequence[str],
    when_listening: Callable[[str], None],
) -> None:
    """Serve until the process is told to stop (Ctrl-C, SIGTERM).

    Args:
        search: The open search.
        host: Address to listen on.
        port: Port; 0 for one that is free.
        allowed_hosts: Further names by which it may be called.
        when_listening: Told the address once it listens.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    listening = _listen(host, port)
    with listening:
        app = make_app(search, names_of(host, allowed_hosts))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Longer than a proxy keeps its own: else one asks on a connection that has just ended.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        bound = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        when_listening(f"http://{shown}:{bound}")
        # What is there now stays: looking through all of it again takes longer than an answer.
        gc.freeze()
        uvicorn.Server(config).run(sockets=[listening])


def names_of(host: str, allowed: Sequence[str]) -> list[str]:
    """Return the names by which a server that listens on `host` may be called.

    One that only this machine reaches answers to this machine's names alone: a page from elsewhere
    could otherwise let its own name point here and read what it shows.
    """
    if allowed:
        return [*allowed, *_LOCAL_NAMES]
    return list(_LOCAL_NAMES) if is_local(host) else ["*"]


def is_local(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SettingsError(
            f"The host {host!r} is no address of this machine ({error.strerror}): use 127.0.0.1, "
            "or one that `hostname -I` lists."
        ) from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_ANYWHERE)
    except (OSError, OverflowError) as error:
        listening.close()
        raise SettingsError(
            f"Nothing can listen on {host!r}, port {port} ({error}): end what uses it, or choose "
            "another with --port."
        ) from None
    return listening
