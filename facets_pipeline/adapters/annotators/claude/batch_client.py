"""The client of the Claude API's Message Batches: one HTTP request per call, as `client` has it.

Which batches are sent and what is done with results is the engine's matter.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, Self

import httpx2
from anthropic import AnthropicError, APIError, NotFoundError

from facets_pipeline.adapters.annotators.claude.batch_documents import (
    read_batch,
    read_page,
    read_result,
    unreadable,
)
from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.adapters.annotators.claude.failures import Failures
from facets_pipeline.adapters.annotators.claude.parameters import message_parameters
from facets_pipeline.engine.batch_values import ItemResult, RemoteBatch, ResultsGone
from facets_pipeline.engine.calls import InDoubt, MessageRequest, NotPaid, NotPaidKind

SECONDS = 300.0
"""How long a call about batches may take: a body of 32 MB takes a minute on a slow line."""

LISTED_AT_ONCE = 100
"""Batches on one page of the API's list."""

_GONE = 410


class BatchClient(ClaudeClient):
    """A `ClaudeClient` that can also ask by batches; to be opened in the same way."""

    @classmethod
    def like(cls, client: ClaudeClient) -> Self:
        """Return one with the key and the address of `client`, not opened yet."""
        return cls(client._key, base_url=client._base_url, timeout=SECONDS)  # noqa: SLF001 - its base

    async def create(self, requests: Mapping[str, MessageRequest]) -> RemoteBatch:
        """Send a batch, by custom id.

        Raises:
            NotPaid: It was not taken in; it may go well later.
            InDoubt: It may have been taken in.
            Stop: It was not taken in and a person must act.
        """
        rows = [
            {"custom_id": name, "params": message_parameters(request)}
            for name, request in requests.items()
        ]
        model = next(iter(requests.values())).model
        create = self._opened().messages.batches.with_raw_response.create
        response = await self._send(create, {"requests": rows}, model, free=False)
        try:
            return read_batch(response.content)
        except NotPaid:
            raise InDoubt(
                "The reply to the creation of a batch cannot be read: whether the batch is there "
                "is not known."
            ) from None

    async def retrieve(self, remote_id: str) -> RemoteBatch | None:
        """Return a batch; None if the API does not show it.

        Raises:
            NotPaid: There was no answer; it may go well later.
            Stop: A person must act.
        """
        retrieve = self._opened().messages.batches.with_raw_response.retrieve
        try:
            response = await self._send(_unless_missing(retrieve, remote_id), {}, "", free=True)
        except _MissingError:
            return None
        return read_batch(response.content)

    async def created_since(self, moment: datetime) -> list[RemoteBatch]:
        """Return the batches that the API lists from `moment` on.

        Raises:
            NotPaid: There was no answer; it may go well later.
            Stop: A person must act.
        """
        found: list[RemoteBatch] = []
        page: dict[str, Any] = {"limit": LISTED_AT_ONCE}
        while True:
            list_page = self._opened().messages.batches.with_raw_response.list
            response = await self._send(list_page, page, "", free=True)
            shown = read_page(response.content)
            recent = [each for each in shown.batches if each.created_at >= moment]
            found += recent
            # Newest first; a page is read to its end all the same, should some be out of order.
            if not recent or not shown.has_more:
                return found
            last = shown.batches[-1].remote_id
            if page.get("after_id") == last:
                raise unreadable("What the Claude API lists of batches comes again and again.")
            page["after_id"] = last

    async def results(self, remote_id: str) -> AsyncGenerator[ItemResult]:
        """Stream the results of a batch that has ended, in any order.

        Raises:
            ResultsGone: There are none any more.
            NotPaid: The stream broke off; it can be read again later.
            Stop: A person must act.
        """
        failure: Exception | None = None
        stream = self._opened().messages.batches.with_streaming_response
        try:
            async with (
                stream.results(remote_id) as response,
                aclosing(_lines(response.iter_bytes())) as lines,
            ):
                async for line in lines:
                    yield read_result(line)
        except NotFoundError as error:
            failure = self._gone(remote_id) if _says_missing(error) else self._failed(error)
        except APIError as error:
            is_gone = getattr(error, "status_code", None) == _GONE
            failure = self._gone(remote_id) if is_gone else self._failed(error)
        except AnthropicError:
            # The library's own word for a batch that names no place where its results are.
            failure = self._gone(remote_id)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            failure = NotPaid(
                NotPaidKind.UNREACHABLE,
                None,
                f"The results of the batch {remote_id!r} broke off ({type(error).__name__}): they "
                f"are read again at the next look.",
            )
        if failure is not None:
            raise failure

    async def cancel(self, remote_id: str) -> None:
        """Let the API answer no more of a batch; one that is not shown any more passes.

        Raises:
            NotPaid: There was no answer; it may go well later.
            Stop: It has ended, or another reason for a person to act.
        """
        cancel = self._opened().messages.batches.with_raw_response.cancel
        try:
            await self._send(_unless_missing(cancel, remote_id), {}, "", free=True)
        except _MissingError:
            return

    def weigh(self, request: MessageRequest) -> int:
        """Return the bytes that a request takes in the body of a batch, or a little more."""
        return len(json.dumps(message_parameters(request)))

    def _failed(self, error: APIError) -> Exception:
        address = self._opened().base_url
        shown = f"{address.scheme}://{address.netloc.decode('ascii')}"
        return Failures(shown, self._key, self._timeout).of(error, "", free=True)

    def _gone(self, remote_id: str) -> ResultsGone:
        return ResultsGone(f"the results of the batch {remote_id!r} can no longer be had")


class _MissingError(Exception):
    """The API knows no batch of that name."""


def _unless_missing(method: Callable[..., Awaitable[Any]], remote_id: str) -> Callable[[], Any]:
    async def call() -> Any:  # noqa: ANN401 - the library's raw response
        try:
            return await method(remote_id)
        except NotFoundError as error:
            if _says_missing(error):
                raise _MissingError from None
            raise

    return call


def _says_missing(error: NotFoundError) -> bool:
    # A gateway or a wrong address also answer 404: they do not speak the API's language.
    return error.type == "not_found_error"


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    # By bytes: text is split at marks that may stand unescaped inside a JSON string.
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
    if rest.strip():
        yield rest
