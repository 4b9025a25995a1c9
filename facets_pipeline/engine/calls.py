"""One call of a paid API as the engine sees it: what is sent, what comes back, what goes wrong.

Values and exceptions only, and the reading of a recorded body. Who sends, over which library, is an
adapter's matter; when to send again, and what a failure does to the ledger, is the loop's.

How a call ends, and what that means for money:

    Reply       paid; the body is recorded before anything reads it
    NotPaid     refused or never sent: nothing is owed, asking again is free
    InDoubt     sent, but no whole reply came: it may have been paid
    Stop        refused for a reason that waiting does not heal: nothing is owed
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, Self, cast

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.usage import Usage, usage_of

CacheTtl = Literal["5m", "1h"]
"""How long the cached system prompt lives after its last use."""


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """One question to a model.

    Attributes:
        model: Id of the model.
        max_tokens: Most output tokens, thinking included.
        system: System prompt, the same for every code; it is the part that is cached.
        user: The question.
        schema: JSON schema of the answer.
        thinking: The API's thinking parameter; None for the model's default.
        effort: The API's effort level; None for the model's default.
        cache_ttl: How long the system prompt is cached.
    """

    model: str
    max_tokens: int
    system: str
    user: str
    schema: Mapping[str, object]
    thinking: Mapping[str, object] | None = None
    effort: str | None = None
    cache_ttl: CacheTtl = "5m"


@dataclass(frozen=True, slots=True)
class Reply:
    """A paid answer.

    Attributes:
        body: The JSON body exactly as it was received.
        text: The text of the answer, blocks of thinking left out.
        stop_reason: Why the model stopped: "end_turn", "max_tokens", "refusal", ...
        usage: The usage object of the body.
        request_id: The API's name of the call; None if it gave none.
        limits: The headers about rate limits, names in lower case.
    """

    body: str
    text: str
    stop_reason: str | None
    usage: Mapping[str, object]
    request_id: str | None = None
    limits: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of_body(
        cls, body: str, *, request_id: str | None = None, limits: Mapping[str, str] | None = None
    ) -> Self:
        """Read a body, just received or recorded before.

        Raises:
            InDoubt: It is not a whole message, so whether it was paid cannot be told.
        """
        message = _object(body)
        usage, content = message.get("usage"), message.get("content")
        if not isinstance(usage, dict) or not isinstance(content, list):
            raise InDoubt(
                f"A reply of {len(body)} characters is not a whole message of the Claude API: "
                f"whether the call was paid is not known."
            )
        stop_reason = message.get("stop_reason")
        return cls(
            body,
            _text(cast("list[object]", content)),
            None if stop_reason is None else str(stop_reason),
            _strict(cast("dict[str, object]", usage)),
            request_id,
            limits or {},
        )

    @property
    def used(self) -> Usage | None:
        """What the call used; None if the counts make no sense: it was paid all the same."""
        try:
            return usage_of(self.usage)
        except AnnotatorError:
            return None


class NotPaidKind(StrEnum):
    """Why nothing was done."""

    RATE_LIMITED = "rate_limited"
    RAMP_LIMITED = "ramp_limited"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"


class NotPaid(AnnotatorError):  # noqa: N818 - named for what it means, not an error in itself
    """Nothing was done and nothing is owed; the same call may go well later.

    Args:
        kind: Why.
        retry_after: Seconds that the API asks to wait; None if it did not say.
        message: What happened, in a sentence.
        headers: The headers about rate limits, names in lower case.
    """

    def __init__(
        self,
        kind: NotPaidKind,
        retry_after: float | None,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after
        self.message = message
        self.headers: Mapping[str, str] = headers or {}


class InDoubt(AnnotatorError):  # noqa: N818 - named for what it means, not an error in itself
    """The call was sent and no whole reply came: it may have been paid."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Stop(AnnotatorError):  # noqa: N818 - named for what is to be done
    """The call was refused, is not owed, and no repetition will go well: a person must act."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClaimLostError(AnnotatorError):
    """A claim was not used in time and has been given back: others may hold its codes by now."""


class MessageApi(Protocol):
    """Asks a model, one attempt per call."""

    async def ask(self, request: MessageRequest) -> Reply:
        """Send one question and return the answer.

        Raises:
            NotPaid: Nothing was done; it may go well later.
            InDoubt: It may have been paid.
            Stop: Nothing was done and a person must act.
        """
        ...

    async def count_tokens(self, request: MessageRequest) -> int:
        """Return the input tokens of a question; costs nothing.

        Raises:
            NotPaid: There was no count; it may go well later.
            Stop: A person must act.
        """
        ...


def _object(body: str) -> dict[str, object]:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}


def _strict(usage: dict[str, object]) -> dict[str, object]:
    """Return `usage` as JSON that every database takes: numbers that are none become null."""
    # Too deep to be written is too deep to be kept: no usage is known, but the call was paid.
    try:
        return json.loads(json.dumps(usage), parse_constant=_nothing)
    except RecursionError:
        return {}


def _nothing(_: str) -> None:
    return None


def _text(content: list[object]) -> str:
    blocks = [cast("dict[str, object]", block) for block in content if isinstance(block, dict)]
    return "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")
