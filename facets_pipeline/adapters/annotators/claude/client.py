"""The client of the Claude API: one HTTP request per call, never repeated underneath.

Sends, reads, and says in the engine's words how it ended. When a call is made, repeated, recorded
and counted is decided above; what a failure means is in `failures`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast

import httpx2
from anthropic import APIError, AsyncAnthropic, DefaultAsyncHttpxClient
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.capabilities import ModelInfo
from facets_pipeline.adapters.annotators.claude.failures import Failures
from facets_pipeline.adapters.annotators.claude.headers import limit_headers
from facets_pipeline.adapters.annotators.claude.parameters import (
    message_parameters,
    prompt_parameters,
)
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.usage import MOST_TOKENS
from facets_pipeline.engine.calls import InDoubt, MessageRequest, NotPaid, NotPaidKind, Reply
from facets_pipeline.engine.choice import NO_KEY

TIMEOUT_SECONDS = 120.0
"""How long a call without thinking may take: an answer of ten codes takes a few seconds."""

CONNECT_SECONDS = 8.0
"""How long a connection may take to come about; nothing is sent before it does."""

MAX_IN_FLIGHT = 200
"""Most calls at once; more wait for a connection, unsent."""

# A connection that the other side closes as it is used again leaves a call in doubt, so an idle one
# is given up before the shortest usual limit of servers and proxies, 5 s.
_IDLE_SECONDS = 4.0


class ClaudeClient:
    """Asks the Claude API; to be opened within the event loop that uses it.

        async with ClaudeClient(key) as client:
            reply = await client.ask(request)

    Args:
        key: The API key.
        base_url: Address of the API; None for what ANTHROPIC_BASE_URL says, else the public one.
        timeout: Seconds that a call may take, from waiting for a connection to the last byte.

    Raises:
        AnnotatorError: There is no key, or it cannot be one.
    """

    def __init__(
        self,
        key: SecretStr | None,
        *,
        base_url: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._key = _usable(key)
        self._base_url = base_url
        self._timeout = timeout
        self._sdk: AsyncAnthropic | None = None

    async def __aenter__(self) -> Self:
        """Open the client; no connection is made yet.

        Raises:
            AnnotatorError: The address of the API is not one.
        """
        self._sdk = _open(self._key, self._base_url, self._timeout)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.close()

    async def close(self) -> None:
        """Close every connection; calls in flight are lost."""
        if self._sdk is not None:
            await self._sdk.close()

    async def ask(self, request: MessageRequest) -> Reply:
        """Send one question and return the answer; a call that is cancelled is in doubt.

        Raises:
            NotPaid: Nothing was done; it may go well later.
            InDoubt: It may have been paid.
            Stop: Nothing was done and a person must act.
        """
        create = self._opened().messages.with_raw_response.create
        response = await self._send(create, message_parameters(request), request.model, free=False)
        body = _text(response.content)
        if body is None:
            raise InDoubt("A reply is not text in UTF-8: whether the call was paid is not known.")
        return Reply.of_body(
            body,
            request_id=response.headers.get("request-id"),
            limits=limit_headers(response.headers),
        )

    async def count_tokens(self, request: MessageRequest) -> int:
        """Return the input tokens of a question, the cached ones included; costs nothing.

        Raises:
            NotPaid: There was no count; it may go well later.
            Stop: A person must act.
        """
        count = self._opened().messages.with_raw_response.count_tokens
        response = await self._send(count, prompt_parameters(request), request.model, free=True)
        tokens = _object(response).get("input_tokens")
        if not isinstance(tokens, int) or not 0 < tokens < MOST_TOKENS:
            raise _unreadable("token count")
        return tokens

    async def model_info(self, model: str) -> ModelInfo:
        """Return what the API says about a model, retired ones included; costs nothing.

        Raises:
            NotPaid: There was no answer; it may go well later.
            Stop: There is no such model, or another reason for a person to act.
        """
        retrieve = self._opened().models.with_raw_response.retrieve
        response = await self._send(retrieve, {"model_id": model}, model, free=True)
        return ModelInfo.of(_object(response), model)

    def _opened(self) -> AsyncAnthropic:
        if self._sdk is None:
            raise RuntimeError("The Claude client is not open: use it in `async with`.")
        return self._sdk

    async def _send(
        self,
        method: Callable[..., Awaitable[Any]],
        parameters: Mapping[str, Any],
        model: str,
        *,
        free: bool,
    ) -> httpx2.Response:
        failures = Failures(_shown(self._opened().base_url), self._key, self._timeout)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await method(**parameters)
        except TimeoutError:
            failure = failures.out_of_time(free=free)
        except APIError as error:
            failure = failures.of(error, model, free=free)
        else:
            response = cast("httpx2.Response", answer.http_response)
            if not _is_page(response):
                return response
            failure = failures.page(response.status_code)
        # Out here it has no context: what the library quotes of a reply may hold the key.
        raise failure


def _usable(key: SecretStr | None) -> SecretStr:
    stated = key.get_secret_value().strip() if key is not None else ""
    if not stated:
        raise AnnotatorError(NO_KEY)
    if not (stated.isascii() and stated.isprintable()) or " " in stated:
        raise AnnotatorError(
            "The key in ANTHROPIC_API_KEY holds blanks, line breaks or letters that no key has: "
            "copy it again from the Claude Console."
        )
    return SecretStr(stated)


def _open(key: SecretStr, base_url: str | None, timeout: float) -> AsyncAnthropic:
    limits = httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    # The API never redirects: whoever does is not the API, and must not get key or question.
    connections = DefaultAsyncHttpxClient(
        timeout=limits,
        limits=httpx2.Limits(
            max_connections=MAX_IN_FLIGHT,
            max_keepalive_connections=MAX_IN_FLIGHT,
            keepalive_expiry=_IDLE_SECONDS,
        ),
        follow_redirects=False,
    )
    try:
        sdk = AsyncAnthropic(
            api_key=key.get_secret_value(),
            base_url=base_url,
            timeout=limits,
            max_retries=0,
            http_client=connections,
        )
    except httpx2.InvalidURL:
        sdk = None
    if sdk is None or sdk.base_url.scheme not in {"http", "https"} or not sdk.base_url.host:
        raise AnnotatorError(
            "The address in ANTHROPIC_BASE_URL is not one: set it to http(s)://host, or remove it."
        )
    return sdk


def _shown(address: httpx2.URL) -> str:
    # Without a password that may stand in it.
    return f"{address.scheme}://{address.netloc.decode('ascii')}"


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_page(response: httpx2.Response) -> bool:
    is_html = "html" in response.headers.get("content-type", "")
    return is_html or response.content.lstrip()[:1] == b"<"


def _object(response: httpx2.Response) -> dict[str, object]:
    try:
        document: object = json.loads(response.content)
    except (ValueError, RecursionError):
        raise _unreadable("reply") from None
    if not isinstance(document, dict):
        raise _unreadable("reply")
    return cast("dict[str, object]", document)


def _unreadable(what: str) -> NotPaid:
    return NotPaid(
        NotPaidKind.SERVER_ERROR, None, f"The {what} of the Claude API cannot be read: try again."
    )
