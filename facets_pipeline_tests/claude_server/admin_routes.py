"""`/_admin`: what tests read and change; no client of the API sees it, no key is needed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from facets_pipeline_tests.claude_server.batch_processing import BatchProcessor
from facets_pipeline_tests.claude_server.catalogue import find_model
from facets_pipeline_tests.claude_server.faults import Fault
from facets_pipeline_tests.claude_server.settings import LimitSettings
from facets_pipeline_tests.claude_server.state import ServerState

Endpoint = Callable[[Request], Awaitable[Response]]


class AdminRoutes:
    """The handlers of the admin endpoints.

    Args:
        state: The server.
        processor: Ends batches that are due.
    """

    def __init__(self, state: ServerState, processor: BatchProcessor) -> None:
        self._state = state
        self._processor = processor

    def routes(self) -> list[Route]:
        """Return the routes."""
        table: list[tuple[str, Endpoint, str]] = [
            ("/_admin/account", self.account, "GET"),
            ("/_admin/account", self.forget, "DELETE"),
            ("/_admin/idle", self.wait_until_idle, "GET"),
            ("/_admin/requests", self.requests, "GET"),
            ("/_admin/faults", self.faults, "GET"),
            ("/_admin/faults", self.plan_fault, "POST"),
            ("/_admin/faults", self.clear_faults, "DELETE"),
            ("/_admin/limits", self.change_limits, "POST"),
            ("/_admin/clock", self.advance, "POST"),
            ("/_admin/facets", self.change_facets, "POST"),
            ("/_admin/batches", self.batches, "GET"),
        ]
        return [Route(path, endpoint, methods=[method]) for path, endpoint, method in table]

    async def account(self, _: Request) -> Response:
        """Return the totals."""
        await self._processor.settle_all()
        return JSONResponse(self._state.account.summary())

    async def wait_until_idle(self, _: Request) -> Response:
        """Return once no call of the API is in progress."""
        await self._state.idle.wait()
        return JSONResponse({})

    async def forget(self, _: Request) -> Response:
        """Start the account afresh; the state file keeps the past."""
        self._state.account.clear()
        return JSONResponse({})

    async def requests(self, request: Request) -> Response:
        """Return the calls, those from `since` on, of one `endpoint` if it is given."""
        await self._processor.settle_all()
        since = int(request.query_params.get("since", "0"))
        endpoint = request.query_params.get("endpoint")
        calls = self._state.account.calls[since:]
        rows = [call.row() for call in calls if endpoint in {None, call.endpoint}]
        return JSONResponse({"requests": rows})

    async def faults(self, _: Request) -> Response:
        """Return the planned faults."""
        return JSONResponse({"faults": self._state.faults.listing()})

    async def plan_fault(self, request: Request) -> Response:
        """Add a fault."""
        try:
            self._state.faults.plan(Fault.read(await _object(request)))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"faults": self._state.faults.listing()})

    async def clear_faults(self, _: Request) -> Response:
        """Let nothing go wrong any more."""
        self._state.faults.clear()
        return JSONResponse({})

    async def change_limits(self, request: Request) -> Response:
        """Set other limits, for all models or for the one named `model`."""
        row = cast("dict[str, float | None]", await _object(request))
        model = cast("str | None", row.pop("model", None))
        pool = find_model(model).limit_pool if model is not None else None
        self._state.limits.change(LimitSettings(**row), pool, self._state.clock.now())
        return JSONResponse({})

    async def advance(self, request: Request) -> Response:
        """Move the clock forward by `seconds`."""
        self._state.clock.advance(cast("float", (await _object(request))["seconds"]))
        return JSONResponse({"now": self._state.clock.now()})

    async def change_facets(self, request: Request) -> Response:
        """Add facets by code to the default answerer's table."""
        table = cast("Mapping[str, Mapping[str, object]]", await _object(request))
        self._state.table.table.update(table)
        return JSONResponse({"codes": len(self._state.table.table)})

    async def batches(self, request: Request) -> Response:
        """Return every batch, hidden ones included."""
        await self._processor.settle_all()
        now = self._state.clock.now()
        base = f"http://{request.headers['host']}"
        return JSONResponse({"batches": [one.show(base, now) for one in self._state.batches.all()]})


async def _object(request: Request) -> dict[str, object]:
    return cast("dict[str, object]", await request.json())
