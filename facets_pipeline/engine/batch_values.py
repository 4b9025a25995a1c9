"""A batch as the engine sees it: its states, its size, what the API and the ledger say of it.

    submitting   the intent is written, the API may or may not have the batch
    submitted    the API has it; its questions may cost money from here on
    canceling    the same, and the API was told to stop
    ingested     every question has an end
    abandoned    the API never had it, or its results can no longer be had

Values only; who keeps and who sends batches is in `batch_ports`, the flow in `batches`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.usage import Usage

MOST_REQUESTS = 20_000
"""Requests in one batch: a fifth of what the API takes, so that one lost reply holds up less."""

MOST_BYTES = 32 * 1024 * 1024
"""Body of one batch: an eighth of what the API takes, since it stands in memory a few times."""


class BatchState(StrEnum):
    """The states of a batch."""

    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    CANCELING = "canceling"
    INGESTED = "ingested"
    ABANDONED = "abandoned"


OPEN_STATES = (BatchState.SUBMITTING, BatchState.SUBMITTED, BatchState.CANCELING)
"""States in which a batch holds its codes."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How large a batch may become.

    Attributes:
        requests: Most requests.
        bytes: Most bytes of its body.
        codes: Most codes; None for no limit.
        weigh: Returns the bytes that a request about some questions takes.
    """

    weigh: Callable[[tuple[Question, ...]], int]
    requests: int = MOST_REQUESTS
    bytes: int = MOST_BYTES
    codes: int | None = None


@dataclass(frozen=True, slots=True)
class BatchIntent:
    """A batch that is to be sent, as it was written into the ledger.

    Attributes:
        batch_id: Our name of it.
        questions: Custom id to what is asked under it, in order.
    """

    batch_id: str
    questions: Mapping[str, tuple[Question, ...]]

    @property
    def codes(self) -> int:
        """How many codes it asks about."""
        return sum(len(asked) for asked in self.questions.values())


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch as the ledger has it.

    Attributes:
        batch_id: Our name of it.
        recipe_id: The recipe of its answers.
        code_system: The system of its codes.
        model: The model that is asked.
        prefix: How every custom id of it begins.
        remote_id: The API's name of it; None while that is not known.
        state: Where it stands.
        requests: Its requests.
        codes: Its codes.
        opened_at: When the intent was written.
        submitted_at: When the API's name of it was written.
        seen_at: When the API last showed it, or something that may be it.
        closed_at: When it came to its end.
        error: What went wrong, in a sentence; None if nothing did.
        read_at: The store's clock when this was read.
    """

    batch_id: str
    recipe_id: str
    code_system: str
    model: str
    prefix: str
    remote_id: str | None
    state: BatchState
    requests: int
    codes: int
    opened_at: datetime
    submitted_at: datetime | None
    seen_at: datetime | None
    closed_at: datetime | None
    error: str | None
    read_at: datetime

    @property
    def age_seconds(self) -> float:
        """Seconds since its intent was written."""
        return (self.read_at - self.opened_at).total_seconds()

    @property
    def unseen_seconds(self) -> float:
        """Seconds since the API last showed it, or since it was sent or opened."""
        known = [self.opened_at, self.submitted_at, self.seen_at]
        return (self.read_at - max(moment for moment in known if moment)).total_seconds()


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the API shows it.

    Attributes:
        remote_id: The API's name of it.
        created_at: When the API took it in, by the API's clock.
        ended_at: When every request of it had an end, by the API's clock; None while some have not.
        has_results: Whether the results can be had.
        requests: How many requests it has.
        succeeded: How many of them were answered; 0 before it has ended.
    """

    remote_id: str
    created_at: datetime
    ended_at: datetime | None
    has_results: bool
    requests: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one request of a batch.

    Attributes:
        custom_id: Its name.
        body: The message as JSON, if it was answered; None if it was not, and costs nothing.
        error: Why it was not answered; empty if it was.
    """

    custom_id: str
    body: str | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was read of recorded replies.

    Attributes:
        calls: Replies that were read.
        verdicts: The outcomes.
        returned: Codes that are pending again, since their answer does not stand.
    """

    calls: int
    verdicts: Sequence[Verdict]
    returned: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was made durable of a page of results.

    Attributes:
        usages: What each new reply among them used.
        cost_nano_usd: What the new replies cost; None if a price is not known.
        unpaid: Why requests were not answered, and how many codes are pending again for it.
    """

    usages: Sequence[Usage]
    cost_nano_usd: int | None
    unpaid: Mapping[str, int]


class ResultsGone(AnnotatorError):  # noqa: N818 - named for what it means, not an error in itself
    """A batch has ended and its results can no longer be had."""
