"""What each failure of a call means: not paid, in doubt, or stop; and the sentence for a person.

The one place that reads statuses, error codes and connection errors of the client library. Sending
is in `client`, what the engine does about a failure is the engine's.
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import httpx2
from anthropic import APIError, APIStatusError
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.headers import limit_headers
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.quoting import one_line
from facets_pipeline.engine.calls import InDoubt, NotPaid, NotPaidKind, Stop
from facets_pipeline.engine.throttle import retry_after_of

Failure = NotPaid | InDoubt | Stop

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
)
_CANNOT_BE_SENT = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)

_HEALS_BY_ITSELF = frozenset({408, 409, 425})
"""Refusals below 500 that are about the moment, not about the request."""

_SPEND_LIMIT_WORDS = ("specified api usage limits", "credit balance")
"""The API gives these refusals no code of their own: status 400 and these words."""

_FIELD = re.compile(r"(?P<field>[a-z_]+(?:\.[\w\[\]-]+)*): (?P<complaint>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Failures:
    """Says what the failures of one client mean.

    Attributes:
        address: Where the API is asked, as it is shown.
        key: The key; it is blotted out of whatever is quoted.
        timeout: Seconds that a call may take.
    """

    address: str
    key: SecretStr
    timeout: float

    def of(self, error: APIError, model: str, *, free: bool = False) -> Failure:
        """Return what an error of the client library means.

        Args:
            error: As the library raised it.
            model: The model that was asked for.
            free: Whether the call costs nothing, so that nothing can be in doubt.
        """
        if isinstance(error, APIStatusError):
            return self._of_status(error, model, free=free)
        return self._of_connection(error.__cause__, free=free)

    def out_of_time(self, *, free: bool = False) -> Failure:
        """Return what it means that a call took longer than it may."""
        return _lost(f"No reply came from {self.address} in {self.timeout:g} s", free=free)

    def page(self, status: int) -> Stop:
        """Return what it means that something else than the API answered."""
        return Stop(
            f"A web page came from {self.address} instead of the Claude API (status {status}): "
            f"check ANTHROPIC_BASE_URL and the proxy that stands between."
        )

    def _of_connection(self, cause: BaseException | None, *, free: bool) -> Failure:
        if any(isinstance(one, ssl.SSLCertVerificationError) for one in _chain(cause)):
            return Stop(
                f"The certificate of {self.address} is not trusted: set SSL_CERT_FILE to a file "
                f"with the root certificates of your network."
            )
        if isinstance(cause, _CANNOT_BE_SENT):
            return Stop(
                f"No request can be sent to {self.address}: check ANTHROPIC_BASE_URL and "
                f"ANTHROPIC_CUSTOM_HEADERS."
            )
        name = type(cause).__name__
        if isinstance(cause, _NEVER_SENT):
            return NotPaid(
                NotPaidKind.UNREACHABLE,
                None,
                f"The Claude API cannot be reached at {self.address} ({name}): check the network, "
                f"the proxy and ANTHROPIC_BASE_URL.",
            )
        if isinstance(cause, httpx2.TimeoutException):
            return self.out_of_time(free=free)
        return _lost(f"The connection to {self.address} was lost ({name})", free=free)

    def _of_status(self, error: APIStatusError, model: str, *, free: bool) -> Failure:
        status = error.status_code
        if status == 429:
            return self._of_rate(error)
        if not _is_of_api(error):
            # A gateway that answers in the API's place does not tell how far the request came.
            if status >= 500:
                return _lost(f"A gateway answered for {self.address} ({status})", free=free)
            return self.page(status)
        if status >= 500 or status in _HEALS_BY_ITSELF:
            kind = NotPaidKind.OVERLOADED if status == 529 else NotPaidKind.SERVER_ERROR
            return self._not_paid(kind, error)
        return Stop(self._remedy(error, model))

    def _of_rate(self, error: APIStatusError) -> Failure:
        code = error.error_code or ""
        if code.endswith("spend_limit_reached"):
            return Stop(self._spend_limit(error))
        if code != "ramp_limit_exceeded":
            return self._not_paid(NotPaidKind.RATE_LIMITED, error)
        if retry_after_of(error.response.headers) is None:
            return Stop(
                f"The Claude API lets the use of this account grow no faster ({self._said(error)}):"
                f" run again later, or with a lower --rate-limit."
            )
        return self._not_paid(NotPaidKind.RAMP_LIMITED, error)

    def _not_paid(self, kind: NotPaidKind, error: APIStatusError) -> NotPaid:
        headers = error.response.headers
        message = f"The Claude API did not answer: {self._said(error)}."
        return NotPaid(kind, retry_after_of(headers), message, limit_headers(headers))

    def _remedy(self, error: APIStatusError, model: str) -> str:
        said = self._said(error)
        if error.status_code == 400:
            return self._bad_request(error, model)
        if error.status_code == 404 and model not in (error.api_message or ""):
            return (
                f"There is no Claude API at {self.address} ({said}): set ANTHROPIC_BASE_URL to its "
                f"address, or remove it."
            )
        remedies = {
            401: f"The Claude API refused the key ({said}): set ANTHROPIC_API_KEY to a valid key, "
            f"or choose --annotator rules.",
            402: self._spend_limit(error),
            403: f"The key may not use {model} ({said}): allow it in the Claude Console, or set "
            f"ANTHROPIC_API_KEY to another key.",
            404: f"The Claude API has no model {model!r} for this key ({said}): choose another "
            f"one with --model, as {shipped_models().current()}.",
            413: f"A request is too large ({said}): ask for fewer codes at once with --batch-size.",
        }
        otherwise = f"The Claude API refused a request ({said}): correct what it names."
        return remedies.get(error.status_code, otherwise)

    def _bad_request(self, error: APIStatusError, model: str) -> str:
        message = self._quoted(error)
        if any(words in message.lower() for words in _SPEND_LIMIT_WORDS):
            return self._spend_limit(error)
        named = _FIELD.fullmatch(message)
        if named is None:
            return (
                f"The Claude API refused a request to {model} ({self._said(error)}): correct what "
                f"it names, or choose another model."
            )
        return (
            f"The Claude API refused the field {named['field']!r} of a request to {model} "
            f"({_without_end(named['complaint'])}{_named(error)}): correct it, or choose another "
            f"model."
        )

    def _spend_limit(self, error: APIStatusError) -> str:
        return (
            f"The account's spend limit or credit is used up ({self._said(error)}): raise it in "
            f"the Claude Console or wait until it is renewed, then run again."
        )

    def _said(self, error: APIStatusError) -> str:
        return f"{error.status_code}, {_without_end(self._quoted(error))}{_named(error)}"

    def _quoted(self, error: APIStatusError) -> str:
        message = error.api_message or "no message"
        return one_line(message.replace(self.key.get_secret_value(), "***"))


def _lost(what: str, *, free: bool) -> NotPaid | InDoubt:
    if free:
        return NotPaid(NotPaidKind.UNREACHABLE, None, f"{what}: try again.")
    return InDoubt(f"{what}: whether the call was paid is not known.")


def _is_of_api(error: APIStatusError) -> bool:
    body = error.body
    if not isinstance(body, dict):
        return False
    return cast("dict[str, object]", body).get("type") == "error" and error.type is not None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _without_end(text: str) -> str:
    # Inside a sentence of ours: the other sentences of a quoted message must not end it.
    return " ".join(text.split()).rstrip(".:; ").replace(". ", "; ")


def _named(error: APIStatusError) -> str:
    return f", request {error.request_id}" if error.request_id else ""
