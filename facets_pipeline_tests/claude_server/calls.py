"""One HTTP call from its arrival to its entry in the account: key, faults, reply, record.

A handler does the work of an endpoint and returns a `Reply` or raises `ApiError`; everything that
all endpoints share is here.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from starlette.requests import ClientDisconnect, Request

from facets_pipeline_tests.claude_server.account import CallRecord
from facets_pipeline_tests.claude_server.api_errors import ApiError, invalid
from facets_pipeline_tests.claude_server.billing import Usage
from facets_pipeline_tests.claude_server.connection import Outgoing
from facets_pipeline_tests.claude_server.faults import Fault
from facets_pipeline_tests.claude_server.settings import LimitSettings
from facets_pipeline_tests.claude_server.state import ServerState

KNOWN_VERSIONS = frozenset({"2026-10-21"})
HTML_PAGE = b"<html><head><title>Gateway</title></head><body><h1>Sign in</h1></body></html>"
SPEND_LIMIT = (
    "You have reached your specified API usage limits. You will regain access on 2026-12-01 at "
    "00:00 UTC."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of_json(cls, value: object, headers: Mapping[str, str] | None = None) -> "Reply":
        """Return a success with a JSON body."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(200, body, headers=headers or {})


class ConnectionDropped(Exception):  # noqa: N818 - not an error: what a fault wants
    """The connection is to be cut before anything was done."""


class ProxyPage(Exception):  # noqa: N818 - not an error: what a fault wants
    """A page of a proxy is to be sent instead of an answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"an HTML page with status {status}")
        self.status = status


@dataclass(slots=True)
class Call:
    """A call in progress; handlers fill in what the account should know."""

    state: ServerState
    request: Request
    endpoint: str
    request_id: str
    received_at: float
    codes: tuple[str, ...] = ()
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    note: str | None = None
    batch_id: str | None = None
    faults: list[str] = field(default_factory=list[str])

    def check_credentials(self) -> None:
        """Check key and API version.

        Raises:
            ApiError: 401 without the right bearer token, 400 without a known version.
        """
        headers = self.request.headers
        if headers.get("authorization") != f"Bearer {self.state.settings.api_key}":
            detail = "x-api-key is not accepted, " if "x-api-key" in headers else ""
            raise ApiError(401, f"{detail}Authorization: invalid bearer token")
        version = headers.get("anthropic-version")
        if version is None:
            raise invalid("anthropic-version: header is required")
        if version not in KNOWN_VERSIONS:
            raise invalid(f"anthropic-version: {version!r} is not a valid version")

    async def read_json(self, max_bytes: int) -> object:
        """Return the JSON body.

        Raises:
            ApiError: 413 if it is too large, 400 if it is not JSON.
        """
        declared = self.request.headers.get("content-length", "0")
        if int(declared) > max_bytes:
            raise ApiError(413, f"Request exceeds the maximum size of {max_bytes} bytes")
        body = await self.request.body()
        if len(body) > max_bytes:
            raise ApiError(413, f"Request exceeds the maximum size of {max_bytes} bytes")
        try:
            return json.loads(body)
        except ValueError:
            raise invalid("The request body is not valid JSON") from None

    def draw(self, stage: str) -> Fault | None:
        """Return the fault that this call meets at a stage."""
        fault = self.state.faults.draw(stage, self.endpoint, self.codes, self.model)
        if fault is not None:
            self.faults.append(fault.kind)
        return fault

    def begin(self, codes: Sequence[str] = (), model: str | None = None) -> None:
        """Say what the call is about, and meet the fault that stops it before it does anything.

        Raises:
            ApiError, ConnectionDropped, ProxyPage: What the fault is.
        """
        self.codes, self.model = tuple(codes), model
        fault = self.draw("before")
        if fault is None:
            return
        if fault.kind == "limit_change":
            limits = LimitSettings(fault.rpm, fault.itpm, fault.otpm)
            self.state.limits.change(limits, None, self.state.clock.now())
            return
        if fault.kind == "drop_before_work":
            raise ConnectionDropped
        if fault.kind == "html":
            raise ProxyPage(fault.status)
        raise refusal(fault)

    def record(self, status: int, *, delivered: bool) -> None:
        """Enter the call into the account."""
        self.state.finish(
            CallRecord(
                endpoint=self.endpoint,
                request_id=self.request_id,
                received_at=self.received_at,
                finished_at=self.state.clock.now(),
                status=status,
                delivered=delivered,
                model=self.model,
                usage=self.usage,
                cost_usd=f"{self.cost_usd:f}",
                codes=self.codes,
                error=self.note,
                fault=",".join(self.faults) or None,
                batch_id=self.batch_id,
            )
        )


def refusal(fault: Fault) -> ApiError:
    """Return the error that a fault of the stage "before" answers with."""
    wait = {"retry-after": f"{fault.seconds:g}"} if fault.seconds is not None else {}
    errors = {
        "rate_limited": ApiError(429, "Rate limited.", headers={"retry-after": "1"} | wait),
        "overloaded": ApiError(529, "Overloaded", headers=wait),
        "server_error": ApiError(500, "Internal server error"),
        "unauthorized": ApiError(401, "Authorization: invalid bearer token"),
        "billing": ApiError(402, "Your credit balance is too low to access the API."),
        "not_found": ApiError(404, "Not found"),
        "spend_limit": ApiError(400, SPEND_LIMIT),
        "tier_spend_limit": ApiError(
            429, "The monthly usage threshold is crossed.", "enforced_spend_limit_reached"
        ),
        "contract_spend_limit": ApiError(
            429, "The contract's spend limit is reached.", "contract_spend_limit_reached"
        ),
    }
    return errors[fault.kind]


Handler = Callable[[Call], Awaitable[Reply]]


async def serve(state: ServerState, endpoint: str, handler: Handler, request: Request) -> Outgoing:
    """Answer one call: credentials, work, faults; the response enters it into the account."""
    call = Call(state, request, endpoint, state.new_id("req"), state.clock.now())
    cut: float | None = None
    state.begin()
    try:
        call.check_credentials()
        reply = await handler(call)
        cut = await _fail_reply(call)
    except ApiError as error:
        call.note = error.error_code or error.error_type
        body = json.dumps(error.body(call.request_id)).encode()
        reply = Reply(error.status, body, headers=error.headers)
    except ProxyPage as page:
        call.note = "proxy"
        reply = Reply(page.status, HTML_PAGE, "text/html")
    except (ConnectionDropped, ClientDisconnect):
        # A client that dies while it sends ends its call as well: others wait for an idle server.
        call.note = "dropped"
        reply, cut = Reply(499, b""), 0.0
    headers = {"request-id": call.request_id, "anthropic-organization-id": "org_local"}
    return Outgoing(
        reply.body,
        reply.status,
        {**reply.headers, **headers},
        reply.media_type,
        share_sent=cut,
        before_sent=lambda delivered: call.record(reply.status, delivered=delivered),
    )


async def _fail_reply(call: Call) -> float | None:
    """Let the fault of a finished call happen; return the share of the body that is sent."""
    fault = call.draw("reply")
    if fault is None:
        return None
    if fault.kind == "slow":
        await call.state.clock.wait(fault.seconds or 1.0)
        return None
    return 0.0 if fault.kind == "drop_before_reply" else 0.5
