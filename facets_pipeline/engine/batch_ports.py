"""What asking by batches needs of the world, as protocols; the flow is in `batches`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from facets_pipeline.engine.batch_values import (
    BatchIntent,
    BatchSize,
    ItemResult,
    Recorded,
    RemoteBatch,
    Settled,
    StoredBatch,
)
from facets_pipeline.engine.calls import MessageRequest
from facets_pipeline.engine.ports import Scope, Terms


class BatchApi(Protocol):
    """The API's batches, one attempt per call; see `MessageApi` for how calls fail."""

    async def create(self, requests: Mapping[str, MessageRequest]) -> RemoteBatch:
        """Send a batch, by custom id."""
        ...

    async def retrieve(self, remote_id: str) -> RemoteBatch | None:
        """Return a batch; None if the API does not show it."""
        ...

    async def created_since(self, moment: datetime) -> list[RemoteBatch]:
        """Return the batches that the API lists from `moment` on."""
        ...

    def results(self, remote_id: str) -> AsyncGenerator[ItemResult]:
        """Stream the results of a batch that has ended, in any order.

        Raises:
            ResultsGone: There are none any more.
        """
        ...

    async def cancel(self, remote_id: str) -> None:
        """Let the API answer no more of a batch."""
        ...

    def weigh(self, request: MessageRequest) -> int:
        """Return the bytes that a request takes in the body of a batch, or a little more."""
        ...


class BatchLedger(Protocol):
    """Keeps batches, their money and their answers. Each method is one durable step."""

    async def open(self, scope: Scope, terms: Terms, size: BatchSize) -> BatchIntent | None:
        """Claim pending codes, reserve their worst case, write the intent; None if none are free.

        Raises:
            BudgetError: Not even one request fits into a budget.
        """
        ...

    async def begin(self, batch_id: str) -> bool:
        """Show that the batch is sent now; False if others have given it up meanwhile."""
        ...

    async def submitted(self, batch_id: str, remote_id: str) -> bool:
        """Write the API's name of a batch; False if it had been given up: it must be cancelled."""
        ...

    async def open_batches(self) -> Sequence[StoredBatch]:
        """Return the batches that hold codes, oldest first."""
        ...

    async def take(self, batch_id: str) -> StoredBatch | None:
        """Tend a batch alone from now on; None if another process does, or it is closed."""
        ...

    async def let_go(self, batch_id: str, error: str | None = None) -> None:
        """Let others tend a batch; `error` says why it does not go on."""
        ...

    async def seen(self, batch_id: str) -> None:
        """Note that the API shows a batch, or something that may be it."""
        ...

    async def canceling(self, batch_id: str) -> None:
        """Note that the API was told to stop."""
        ...

    async def known(self, remote_ids: Sequence[str]) -> set[str]:
        """Return which of the API's names are those of batches in the ledger."""
        ...

    async def record(self, batch_id: str, results: Sequence[ItemResult]) -> Recorded:
        """Make results durable; those that were recorded before change nothing."""
        ...

    async def settle(self, batch_id: str) -> Settled:
        """Read some recorded replies that nobody has read; `calls` 0 if there are none."""
        ...

    async def finish(self, batch_id: str, *, missing_in_doubt: bool) -> int:
        """Close a batch; return how many codes had no result and are pending again."""
        ...

    async def give_up(self, batch_id: str, error: str, *, in_doubt: bool) -> int:
        """Close a batch without results; return how many codes are pending again.

        In doubt, what it had reserved stays counted: it may have been paid.
        """
        ...
