"""The application: which path goes to which handler, and what unknown paths get."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from facets_pipeline_tests.claude_server.admin_routes import AdminRoutes
from facets_pipeline_tests.claude_server.api_errors import not_found
from facets_pipeline_tests.claude_server.batch_processing import BatchProcessor
from facets_pipeline_tests.claude_server.batch_routes import BatchRoutes
from facets_pipeline_tests.claude_server.calls import Handler, serve
from facets_pipeline_tests.claude_server.connection import with_transport
from facets_pipeline_tests.claude_server.message_routes import (
    count_message_tokens,
    create_message,
)
from facets_pipeline_tests.claude_server.model_routes import list_models, retrieve_model
from facets_pipeline_tests.claude_server.state import ServerState


def build_app(state: ServerState) -> ASGIApp:
    """Return the ASGI application of a server; it runs on uvicorn alone."""
    processor = BatchProcessor(state)
    batches = BatchRoutes(processor)
    one = "/v1/messages/batches/{batch_id}"
    table: list[tuple[str, str, str, Handler]] = [
        ("POST", "/v1/messages", "messages", create_message),
        ("POST", "/v1/messages/count_tokens", "count_tokens", count_message_tokens),
        ("POST", "/v1/messages/batches", "batch_create", batches.create),
        ("GET", "/v1/messages/batches", "batch_list", batches.list),
        ("GET", one, "batch_retrieve", batches.retrieve),
        ("DELETE", one, "batch_delete", batches.delete),
        ("POST", f"{one}/cancel", "batch_cancel", batches.cancel),
        ("GET", f"{one}/results", "batch_results", batches.results),
        ("GET", "/v1/models", "models", list_models),
        ("GET", "/v1/models/{model_id}", "models", retrieve_model),
    ]
    routes = [_route(state, *row) for row in table]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        state.journal.close()

    app = Starlette(
        routes=routes + AdminRoutes(state, processor).routes(),
        exception_handlers={HTTPException: _unknown_path},
        lifespan=lifespan,
    )
    return with_transport(app)


def _route(state: ServerState, method: str, path: str, endpoint: str, handler: Handler) -> Route:
    async def answer(request: Request) -> Response:
        return await serve(state, endpoint, handler, request)

    return Route(path, answer, methods=[method], name=f"{method} {path}")


async def _unknown_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    body = not_found(f"Not found: {request.method} {request.url.path}").body("req_unknown")
    return Response(json.dumps(body), status, media_type="application/json")
