"""Asking Claude by batches: intents are sent, ended batches are read, lost ones are looked for.

A batch carries no name of ours that the API would show, so that a create() whose reply was lost
can only be recognised afterwards: by its number of requests, and once it has ended by the prefix
of its custom ids. Until then its codes stay held and nothing is sent again.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta

from facets_pipeline.domain.errors import InputError
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.engine.batch_ports import BatchApi, BatchLedger
from facets_pipeline.engine.batch_recovery import look_for
from facets_pipeline.engine.batch_values import (
    BatchState,
    ItemResult,
    RemoteBatch,
    ResultsGone,
    StoredBatch,
)
from facets_pipeline.engine.calls import NotPaid
from facets_pipeline.engine.fill import FillReport

PAGE = 50
"""Results that are made durable, and then read, in one transaction each."""

SETTLE_SECONDS = 120.0
"""How long a batch may stay out of the API's list before it counts as never created."""

MISSING_FACTOR = 30
"""How many times that long a batch whose name is known may be missing before it counts as lost."""

COMPLETE_WITHIN = timedelta(hours=1)
"""How long after its end a batch may still lack results that it counts."""


@dataclass(slots=True)
class BatchReport:
    """What looking after batches did.

    Attributes:
        fill: Codes and money of the batches that were read.
        ingested: Batches that came to their end.
        recovered: Batches that were found again after the reply to their creation was lost.
        abandoned: Batches that the API never had, or whose results are gone.
        returned: Codes that are pending again, whatever the reason.
        unpaid: Why requests were not answered, and how many codes are pending again for it.
        waiting: Batches that are still open.
        elsewhere: Of these, batches that another process tends at the moment.
        problems: What went wrong and will be tried again, in sentences.
    """

    fill: FillReport = field(default_factory=FillReport)
    ingested: int = 0
    recovered: int = 0
    abandoned: int = 0
    returned: int = 0
    unpaid: dict[str, int] = field(default_factory=dict[str, int])
    waiting: Sequence[StoredBatch] = ()
    elsewhere: int = 0
    problems: list[str] = field(default_factory=list[str])


class BatchTender:
    """Looks after the open batches of a ledger.

    Args:
        ledger: Where they are kept.
        api: Where they are asked.
        settle_seconds: How long a batch may stay invisible before it counts as never created.
    """

    def __init__(
        self, ledger: BatchLedger, api: BatchApi, *, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._ledger = ledger
        self._api = api
        self._settle_seconds = settle_seconds
        self.report = BatchReport()

    async def ingest_ended(self) -> BatchReport:
        """Look at every open batch once: read what has ended, look for what was lost.

        Raises:
            Stop: The API cannot be asked and a person must act.
        """
        self.report.problems.clear()
        self.report.elsewhere = 0
        for each in await self._ledger.open_batches():
            held = await self._ledger.take(each.batch_id)
            if held is None:
                self.report.elsewhere += 1
                continue
            try:
                await self.tend(held)
            except NotPaid as error:
                self.report.problems.append(error.message)
            finally:
                await self._ledger.let_go(held.batch_id)
        self.report.waiting = await self._ledger.open_batches()
        return self.report

    async def cancel(self, batch_id: str) -> BatchReport:
        """Let the API stop answering a batch; what it had answered is read and paid.

        Raises:
            InputError: There is no open batch of that name, or it is not known to be there.
            AnnotatorError: The API cannot be asked.
        """
        held = await self._ledger.take(batch_id)
        if held is None:
            raise InputError(
                f"There is no open batch {batch_id!r}, or another process tends it now: see "
                f"`facets batches list`."
            )
        try:
            if held.remote_id is None:
                raise InputError(
                    f"It is not known yet whether the API has the batch {batch_id!r}: run `facets "
                    f"batches poll` first."
                )
            remote = await self._api.retrieve(held.remote_id)
            if remote is not None and remote.ended_at is None:
                await self._api.cancel(held.remote_id)
                await self._ledger.canceling(batch_id)
            await self.tend(held)
        finally:
            await self._ledger.let_go(batch_id)
        self.report.waiting = await self._ledger.open_batches()
        return self.report

    async def tend(self, held: StoredBatch) -> None:
        """Do for one batch, which this process holds, what can be done now.

        Raises:
            NotPaid: The API does not answer; later it may.
            Stop: A person must act.
        """
        if held.state is BatchState.SUBMITTING or held.remote_id is None:
            await self._recover(held)
            return
        remote = await self._api.retrieve(held.remote_id)
        if remote is not None:
            await self._ledger.seen(held.batch_id)
            if remote.ended_at is not None:
                await self._ingest(held, remote)
        elif held.unseen_seconds > self._settle_seconds * MISSING_FACTOR:
            # It may also be hidden for a moment after its creation, or behind a wrong key.
            await self._give_up(held, "the API no longer shows this batch", in_doubt=True)
        else:
            self.report.problems.append(f"The API does not show the batch {held.remote_id!r} yet.")

    async def _recover(self, held: StoredBatch) -> None:
        search = await look_for(held, self._ledger, self._api)
        if search.found is not None:
            await self._ledger.submitted(held.batch_id, search.found.remote_id)
            self.report.recovered += 1
            await self._ingest(held, search.found)
        elif search.may_be_running:
            # Asking again now could pay twice: its codes stay held until it has ended.
            await self._ledger.seen(held.batch_id)
        elif search.may_be_gone:
            await self._give_up(held, "what may be it has no results any more", in_doubt=True)
        elif held.unseen_seconds >= self._settle_seconds:
            reason = "its creation was never confirmed and the API does not have it"
            await self._give_up(held, reason, in_doubt=False)

    async def _ingest(self, held: StoredBatch, remote: RemoteBatch) -> None:
        if not remote.has_results:
            await self._give_up(held, "the results of this batch have expired", in_doubt=True)
            return
        try:
            succeeded = await self._read_results(held, remote)
        except ResultsGone as error:
            if _has_just_ended(held, remote):
                self.report.problems.append(f"Not yet: {error}.")
            else:
                await self._give_up(held, str(error), in_doubt=True)
            return
        if succeeded is None:
            return
        missing = await self._ledger.finish(
            held.batch_id, missing_in_doubt=succeeded < remote.succeeded
        )
        self.report.returned += missing
        self.report.ingested += 1

    async def _read_results(self, held: StoredBatch, remote: RemoteBatch) -> int | None:
        """Record and read all results; return how many were answers, None if some did not come."""
        page: list[ItemResult] = []
        lines = succeeded = 0
        async with aclosing(self._api.results(remote.remote_id)) as results:
            async for result in results:
                lines += 1
                succeeded += result.body is not None
                page.append(result)
                if len(page) == PAGE:
                    await self._use(held.batch_id, page)
                    page = []
        if page:
            await self._use(held.batch_id, page)
        if lines < remote.requests and _has_just_ended(held, remote):
            self.report.problems.append(
                f"Of the batch {remote.remote_id!r} only {lines} of {remote.requests} results came."
            )
            return None
        return succeeded

    async def _use(self, batch_id: str, page: Sequence[ItemResult]) -> None:
        recorded = await self._ledger.record(batch_id, page)
        self.report.fill.add_cost(recorded.cost_nano_usd)
        for usage in recorded.usages:
            self.report.fill.add_usage(usage)
        for reason, codes in recorded.unpaid.items():
            self.report.unpaid[reason] = self.report.unpaid.get(reason, 0) + codes
            self.report.returned += codes
        await self._settle(batch_id)

    async def _settle(self, batch_id: str) -> None:
        fill = self.report.fill
        while (settled := await self._ledger.settle(batch_id)).calls:
            answered = [one for one in settled.verdicts if one.outcome is Outcome.ANSWERED]
            fill.calls += settled.calls
            fill.asked += len(settled.verdicts)
            fill.answered += len(answered)
            fill.in_review += len(settled.verdicts) - len(answered)
            fill.repaired += sum(verdict.attempts > 1 for verdict in answered)
            self.report.returned += settled.returned

    async def _give_up(self, held: StoredBatch, reason: str, *, in_doubt: bool) -> None:
        # What was recorded before needs no results any more: it is paid, and is read.
        await self._settle(held.batch_id)
        self.report.returned += await self._ledger.give_up(
            held.batch_id, f"Given up: {reason}.", in_doubt=in_doubt
        )
        self.report.abandoned += 1
        self.report.fill.in_doubt += in_doubt


def _has_just_ended(held: StoredBatch, remote: RemoteBatch) -> bool:
    return remote.ended_at is None or held.read_at - remote.ended_at < COMPLETE_WITHIN
