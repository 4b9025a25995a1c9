"""What the API says of batches, read: a batch, a page of batches, a line of results.

Belongs here: from bytes to the engine's values; whatever else comes is told as not to be read, and
nothing passes that a store could not keep. Does not belong here: asking for it (`batch_client`).
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple, cast

from facets_pipeline.domain.quoting import reason
from facets_pipeline.engine.batch_values import ItemResult, RemoteBatch
from facets_pipeline.engine.calls import NotPaid, NotPaidKind

_NOT_AS_EXPECTED = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What comes of taking a document for what it should be, if it is anything else."""

_MOST_REQUESTS = 10**9


class BatchPage(NamedTuple):
    """One page of the list of batches, newest first, and whether another follows."""

    batches: list[RemoteBatch]
    has_more: bool


def read_batch(content: bytes) -> RemoteBatch:
    """Read a batch.

    Raises:
        NotPaid: It is not one.
    """
    with _as_expected("What the Claude API says of a batch cannot be read."):
        return _batch(_object(json.loads(content)))


def read_page(content: bytes) -> BatchPage:
    """Read a page of the list of batches.

    Raises:
        NotPaid: It is not one.
    """
    with _as_expected("What the Claude API lists of batches cannot be read."):
        document = _object(json.loads(content))
        rows = cast("list[object]", document.get("data") or [])
        return BatchPage([_batch(_object(row)) for row in rows], bool(document.get("has_more")))


def read_result(line: bytes) -> ItemResult:
    """Read a line of the results of a batch.

    Raises:
        NotPaid: It is not one.
    """
    with _as_expected("A result of a batch cannot be read: try again later."):
        document = _object(json.loads(line))
        custom_id = _text(document["custom_id"])
        result = _object(document["result"])
        kind = _text(result["type"])
        # Escaped: half of a character, which JSON can spell, could not be kept otherwise.
        message = json.dumps(result.get("message"))
    if kind == "succeeded":
        return ItemResult(custom_id, message)
    return ItemResult(custom_id, None, _why(kind, result.get("error")))


@contextmanager
def _as_expected(sentence: str) -> Generator[None]:
    """Tell what is not as expected as not to be read, in a sentence."""
    try:
        yield
    except _NOT_AS_EXPECTED:
        raise unreadable(sentence) from None


def unreadable(sentence: str) -> NotPaid:
    """Return the failure of a look at what cannot be read: it cost nothing."""
    return NotPaid(NotPaidKind.SERVER_ERROR, None, sentence)


def _why(kind: str, error: object) -> str:
    """Return why a request was not answered, in a sentence."""
    inner = cast("Mapping[str, object]", error).get("error") if isinstance(error, dict) else None
    if not isinstance(inner, dict):
        return f"The request was not answered in its batch: {reason(kind)}."
    said = cast("Mapping[str, object]", inner)
    what, why = reason(said.get("type")), reason(said.get("message"))
    return f"The request failed in its batch: {what}, {why}."


def _batch(shown: Mapping[str, object]) -> RemoteBatch:
    counts = {name: _count(count) for name, count in _object(shown["request_counts"]).items()}
    ended = shown.get("ended_at")
    has_ended = shown["processing_status"] == "ended"
    created_at = _moment(shown["created_at"])
    ended_at = _moment(ended) if ended else created_at
    return RemoteBatch(
        remote_id=_text(shown["id"]),
        created_at=created_at,
        ended_at=ended_at if has_ended else None,
        has_results=bool(shown.get("results_url")) and not shown.get("archived_at"),
        requests=sum(counts.values()),
        succeeded=counts.get("succeeded", 0),
    )


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} where an object was expected")
    return cast("Mapping[str, object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise TypeError(f"{value!r} where a name was expected")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= _MOST_REQUESTS:
        raise ValueError(f"{value!r} where a count was expected")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    # In UTC, as all moments are; one without a zone is taken for UTC, as the API has it.
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
