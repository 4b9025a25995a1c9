"""Batches: their requests, their life, their visibility. Processing them is in `batch_processing`.

    in_progress -> ended                  all processed, or 24 h over: the rest has expired
    in_progress -> canceling -> ended     the rest is canceled
A batch is settled when somebody looks after its time has come, so that the clock alone decides.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from facets_pipeline_tests.claude_server.api_errors import ApiError, invalid, not_found
from facets_pipeline_tests.claude_server.clock import rfc3339
from facets_pipeline_tests.claude_server.request_shape import as_mapping, as_sequence

LIFE_SECONDS = 24 * 3600.0
RESULTS_LIFE_SECONDS = 29 * 24 * 3600.0
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
RESULT_TYPES = ("succeeded", "errored", "canceled", "expired")


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One request of a batch, not yet checked beyond its id."""

    custom_id: str
    params: Mapping[str, object]


@dataclass(slots=True)
class Batch:
    """One batch.

    Attributes:
        id: The id the server gave.
        created_at: Seconds since the epoch.
        seconds: How long processing all its requests takes.
        items: The requests; emptied once they have results.
        size: How many requests it has.
        cancel_at: When canceling was asked for; None if it was not.
        ended_at: When it ended; None while it has not.
        results: One result object per request once ended, in an order of their own.
        hidden_until: Looked at before, it is not found.
        hidden_reads: So many looks do not find it.
        hidden_in_list: Whether the list omits it while it is hidden.
    """

    id: str
    created_at: float
    seconds: float
    items: list[BatchItem]
    size: int
    cancel_at: float | None = None
    ended_at: float | None = None
    results: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    hidden_until: float = 0.0
    hidden_reads: int = 0
    hidden_in_list: bool = False

    @property
    def due_at(self) -> float:
        """When it ends, as far as is known now."""
        ends = min(self.created_at + self.seconds, self.created_at + LIFE_SECONDS)
        return ends if self.cancel_at is None else min(ends, self.cancel_at)

    @property
    def processed(self) -> int:
        """How many of its requests are processed when it ends."""
        elapsed = self.due_at - self.created_at
        share = 1.0 if elapsed >= self.seconds else elapsed / self.seconds
        return math.floor(self.size * share)

    @property
    def left_over(self) -> str:
        """Result type of the requests that were not processed when it ended."""
        return "expired" if self.cancel_at is None or self.cancel_at > self.due_at else "canceled"

    @property
    def archived_at(self) -> float:
        """When its results become unavailable."""
        return self.created_at + RESULTS_LIFE_SECONDS

    def show(self, base_url: str, now: float) -> dict[str, object]:
        """Return the batch as the API shows it."""
        ended = self.ended_at is not None
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended"
            if ended
            else "canceling"
            if self.cancel_at
            else "in_progress",
            "request_counts": self._counts(),
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.created_at + LIFE_SECONDS),
            "ended_at": rfc3339(self.ended_at) if self.ended_at is not None else None,
            "cancel_initiated_at": rfc3339(self.cancel_at) if self.cancel_at else None,
            "archived_at": rfc3339(self.archived_at) if now >= self.archived_at else None,
            "results_url": f"{base_url}/v1/messages/batches/{self.id}/results" if ended else None,
        }

    def _counts(self) -> dict[str, int]:
        counts = Counter(
            str(cast("Mapping[str, object]", line["result"])["type"]) for line in self.results
        )
        processing = 0 if self.ended_at is not None else self.size
        return {"processing": processing, **{kind: counts[kind] for kind in RESULT_TYPES}}


class BatchBook:
    """All batches that exist."""

    def __init__(self) -> None:
        self._batches: dict[str, Batch] = {}

    def add(self, batch: Batch) -> None:
        """Enter a new batch."""
        self._batches[batch.id] = batch

    def all(self) -> list[Batch]:
        """Return every batch, newest first, hidden ones included."""
        return list(reversed(self._batches.values()))

    def listed(self, now: float) -> list[Batch]:
        """Return the batches that the list shows, newest first."""
        return [
            batch
            for batch in self.all()
            if not (batch.hidden_in_list and (now < batch.hidden_until or batch.hidden_reads > 0))
        ]

    def find(self, batch_id: str, now: float) -> Batch:
        """Return a batch, counting the look if it is hidden.

        Raises:
            ApiError: 404 if it is unknown or still hidden.
        """
        batch = self._batches.get(batch_id)
        if batch is None:
            raise not_found(f"Message batch {batch_id} was not found")
        if now < batch.hidden_until or batch.hidden_reads > 0:
            batch.hidden_reads = max(0, batch.hidden_reads - 1)
            raise not_found(f"Message batch {batch_id} was not found")
        return batch

    def remove(self, batch: Batch) -> None:
        """Delete a batch.

        Raises:
            ApiError: 400 if it has not ended.
        """
        if batch.ended_at is None:
            raise invalid(f"Message batch {batch.id} is still processing: cancel it first")
        del self._batches[batch.id]

    def queued(self) -> int:
        """Return how many requests wait in batches."""
        return sum(batch.size for batch in self._batches.values() if batch.ended_at is None)


def cancel(batch: Batch, now: float) -> None:
    """Ask for a batch to be canceled; a second time changes nothing.

    Raises:
        ApiError: 400 if it has ended.
    """
    if batch.ended_at is not None:
        raise invalid(f"Message batch {batch.id} has already ended and cannot be canceled")
    batch.cancel_at = batch.cancel_at or now


def read_items(body: object, max_requests: int) -> list[BatchItem]:
    """Return the requests of the body of a batch.

    Args:
        body: The JSON body.
        max_requests: Most requests that are accepted.

    Raises:
        ApiError: 400 for what is refused at once: fields, ids, sizes, streaming, pre-warming. The
            rest of a request is checked when it is processed.
    """
    fields = as_mapping(body)
    if fields is None or "requests" not in fields:
        raise invalid("requests: Field required")
    unknown = sorted(set(fields) - {"requests"})
    if unknown:
        raise invalid(f"{unknown[0]}: Extra inputs are not permitted")
    rows = as_sequence(fields["requests"])
    if not rows:
        raise invalid("requests: List should have at least 1 item")
    if len(rows) > max_requests:
        raise invalid(f"requests: List should have at most {max_requests} items, not {len(rows)}")
    items = [_item(row, f"requests.{place}") for place, row in enumerate(rows)]
    _check_unique(items)
    return items


def _item(row: object, place: str) -> BatchItem:
    fields = as_mapping(row)
    if fields is None:
        raise invalid(f"{place}: Input should be an object")
    for name in ("custom_id", "params"):
        if name not in fields:
            raise invalid(f"{place}.{name}: Field required")
    unknown = sorted(set(fields) - {"custom_id", "params"})
    if unknown:
        raise invalid(f"{place}.{unknown[0]}: Extra inputs are not permitted")
    custom_id, params = fields["custom_id"], as_mapping(fields["params"])
    if not isinstance(custom_id, str) or CUSTOM_ID.fullmatch(custom_id) is None:
        raise invalid(f"{place}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
    if params is None:
        raise invalid(f"{place}.params: Input should be an object")
    _check_params(params, f"{place}.params")
    return BatchItem(custom_id, params)


def _check_params(params: Mapping[str, object], place: str) -> None:
    for name in ("stream", "speed"):
        if params.get(name):
            raise invalid(f"{place}.{name}: not supported in batches")
    if params.get("max_tokens") == 0:
        raise invalid(f"{place}.max_tokens: 0 is not supported in batches")


def _check_unique(items: Sequence[BatchItem]) -> None:
    twice = [name for name, times in Counter(item.custom_id for item in items).items() if times > 1]
    if twice:
        raise invalid(f"requests: custom_id {twice[0]!r} is used more than once in the batch")


def check_queue(waiting: int, more: int, limit: int | None) -> None:
    """Check that so many more requests may wait.

    Raises:
        ApiError: 429 if the queue would be longer than its limit.
    """
    if limit is not None and waiting + more > limit:
        raise ApiError(
            429,
            f"This batch would exceed your organization's limit of {limit} requests in processing "
            f"batches.",
            headers={"retry-after": "60"},
        )
