"""`facets serve`: the search API and its pages, read-only, on this machine unless told more."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.terminal import print_json, tell
from facets_pipeline.domain.errors import StoreError

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.search import Search

Host = Annotated[
    str, typer.Option("--host", help="Address to listen on; 127.0.0.1: only this machine.")
]

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: one that is free.")]

AllowedHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        metavar="NAME",
        help="A name by which it may be called, behind a proxy, say; repeatable.",
    ),
]


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allowed_host: AllowedHost = None,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Serve the search of codes by facets: an API, and a page at /. Read-only.

    There is NO AUTHENTICATION in it: whoever reaches the address reads every code and descriptor.
    It listens on this machine alone unless --host says otherwise; put something that knows its
    users in front of it before you do, and mind the licence of your descriptors.
    """
    from facets_pipeline.api import server

    search = _opened(db_url)

    def say(address: str) -> None:
        if as_json:
            print_json({"address": address})
            sys.stdout.flush()
        else:
            tell(f"Serving {address} and {address}/api/v1/procedure/faceted-search; Ctrl-C stops.")
        if not server.is_local(host):
            tell("Others can reach it, and there is no authentication in it.")

    names = allowed_host or []
    try:
        server.serve(search, host=host, port=port, allowed_hosts=names, when_listening=say)
    finally:
        search.close()


def _opened(db_url: str) -> "Search":
    """Open the search; where there is no store, point to the demo's if it is there."""
    from facets_pipeline.adapters.store.search import Search

    settings = settings_with(db_url)
    try:
        return Search.open(settings.store_url)
    except StoreError as error:
        demo = settings.data_dir / "demo" / "facets.db"
        if db_url or not demo.is_file():
            raise
        told = str(error).rstrip(".")
        raise StoreError(f"{told}; the demo's codes are served with --db-url {demo}.") from error
