"""Looking after batches, where the API says less than it should: what is done with missing results.

What the local server of the API can show is tried on it, with a real store.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from facets_pipeline.engine.batch_values import (
    BatchIntent,
    BatchSize,
    BatchState,
    ItemResult,
    Recorded,
    RemoteBatch,
    Settled,
    StoredBatch,
)
from facets_pipeline.engine.batches import BatchTender
from facets_pipeline.engine.calls import MessageRequest
from facets_pipeline.engine.ports import Scope, Terms

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANSWERED = [ItemResult(f"prefix-{number}", "{}") for number in range(3)]


def stored(state: BatchState = BatchState.SUBMITTED) -> StoredBatch:
    """Return a batch of three requests that was opened two hours ago."""
    opened = NOW - timedelta(hours=2)
    return StoredBatch(
        batch_id="ours",
        recipe_id="recipe",
        code_system="HCPCS",
        model="model",
        prefix="prefix",
        remote_id="theirs",
        state=state,
        requests=3,
        codes=3,
        opened_at=opened,
        submitted_at=opened,
        seen_at=opened,
        closed_at=None,
        error=None,
        read_at=NOW,
    )


@dataclass(slots=True)
class OneBatchApi:
    """Shows one batch that ended some time ago, with what results there are.

    Attributes:
        results_shown: What the stream of results holds.
        ended_before: Hours since it ended.
        succeeded: How many answers it counts.
    """

    results_shown: list[ItemResult]
    ended_before: float
    succeeded: int = 3

    async def create(self, requests: Mapping[str, MessageRequest]) -> RemoteBatch:
        """Create nothing."""
        raise NotImplementedError

    async def retrieve(self, remote_id: str) -> RemoteBatch | None:
        """Show the batch."""
        ended = NOW - timedelta(hours=self.ended_before)
        return RemoteBatch(remote_id, ended, ended, True, 3, self.succeeded)  # noqa: FBT003

    async def created_since(self, moment: datetime) -> list[RemoteBatch]:
        """List nothing."""
        del moment
        return []

    async def results(self, remote_id: str) -> AsyncGenerator[ItemResult]:
        """Stream what there is."""
        del remote_id
        for result in self.results_shown:
            yield result

    async def cancel(self, remote_id: str) -> None:
        """Cancel nothing."""
        del remote_id

    def weigh(self, request: MessageRequest) -> int:
        """Weigh nothing."""
        del request
        return 0


@dataclass(slots=True)
class OneBatchLedger:
    """Keeps one batch in memory.

    Attributes:
        kept: The batch.
        recorded: Results by custom id.
        finished: Whether missing results were left in doubt, once it was closed.
    """

    kept: StoredBatch
    recorded: dict[str, ItemResult] = field(default_factory=dict[str, ItemResult])
    finished: bool | None = None

    async def open(self, scope: Scope, terms: Terms, size: BatchSize) -> BatchIntent | None:
        """Open nothing."""
        del scope, terms, size
        return None

    async def begin(self, batch_id: str) -> bool:
        """Refuse."""
        del batch_id
        return False

    async def submitted(self, batch_id: str, remote_id: str) -> bool:
        """Take no other name."""
        del batch_id, remote_id
        return True

    async def open_batches(self) -> Sequence[StoredBatch]:
        """Return the batch until it is closed."""
        return [self.kept] if self.finished is None else []

    async def take(self, batch_id: str) -> StoredBatch | None:
        """Return the batch."""
        del batch_id
        return self.kept

    async def let_go(self, batch_id: str, error: str | None = None) -> None:
        """Let go."""
        del batch_id, error

    async def seen(self, batch_id: str) -> None:
        """Note nothing."""
        del batch_id

    async def canceling(self, batch_id: str) -> None:
        """Note nothing."""
        del batch_id

    async def known(self, remote_ids: Sequence[str]) -> set[str]:
        """Know all."""
        return set(remote_ids)

    async def record(self, batch_id: str, results: Sequence[ItemResult]) -> Recorded:
        """Keep results."""
        del batch_id
        self.recorded.update({result.custom_id: result for result in results})
        return Recorded((), 0, {})

    async def settle(self, batch_id: str) -> Settled:
        """Read nothing."""
        del batch_id
        return Settled(0, (), 0)

    async def finish(self, batch_id: str, *, missing_in_doubt: bool) -> int:
        """Close the batch."""
        del batch_id
        self.finished = missing_in_doubt
        return 3 - len(self.recorded)

    async def give_up(self, batch_id: str, error: str, *, in_doubt: bool) -> int:
        """Fail: no test here expects it."""
        raise AssertionError((batch_id, error, in_doubt))


def look(results: list[ItemResult], ended_before: float, succeeded: int = 3) -> OneBatchLedger:
    """Look once at a batch with these results; return the ledger after it."""
    ledger = OneBatchLedger(stored())
    asyncio.run(BatchTender(ledger, OneBatchApi(results, ended_before, succeeded)).ingest_ended())
    return ledger


def test_a_batch_with_all_results_is_closed() -> None:
    ledger = look(ANSWERED, ended_before=0.1)
    assert (ledger.finished, len(ledger.recorded)) == (False, 3)


def test_results_that_are_not_there_yet_are_waited_for_and_the_others_are_kept() -> None:
    ledger = look(ANSWERED[:2], ended_before=0.1)
    assert (ledger.finished, len(ledger.recorded)) == (None, 2)


def test_answers_that_never_come_are_in_doubt() -> None:
    assert look(ANSWERED[:2], ended_before=1.5).finished is True


def test_requests_that_were_never_answered_are_not_owed() -> None:
    assert look(ANSWERED[:2], ended_before=1.5, succeeded=2).finished is False
