"""Asking Claude by Message Batches, put together: submit, poll, wait, cancel, list.

The flow is the engine's (`batch_submission`, `batches`), the states are the store's. On which
terms requests are sent, and how a plan is tried before the first batch, is in `batch_terms`.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.batch_terms import (
    batch_price,
    batch_request,
    batch_terms,
    check_plan,
)
from facets_pipeline.adapters.store.batches import StoreBatchLedger, stored_batches
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import InputError
from facets_pipeline.engine.batch_submission import BatchSubmission, SubmissionReport
from facets_pipeline.engine.batch_values import StoredBatch
from facets_pipeline.engine.batch_waiting import LOOK_SECONDS, BatchProgress, BatchWaiting
from facets_pipeline.engine.batches import SETTLE_SECONDS, BatchReport, BatchTender
from facets_pipeline.engine.draining import Draining
from facets_pipeline.engine.ports import Scope

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient


def submit_batches(
    annotator: ClaudeAnnotator,
    store: Store,
    scope: Scope,
    options: ClaudeOptions,
    *,
    limit: int | None = None,
) -> SubmissionReport:
    """Send what is pending in `scope` as batches, at most `limit` codes; their cost is booked now.

    An interrupt lets the batch that is being sent be finished and recorded.

    Raises:
        BudgetError: Not even one request fits into a budget.
        AnnotatorError: Key, model, limits or outage; what was sent before stays sent.
    """
    terms = batch_terms(annotator, options)
    client = _client(annotator)
    with StoreBatchLedger(store.database, batch_price(annotator)) as ledger:
        submission = BatchSubmission(ledger, client, terms, partial(batch_request, annotator))

        async def work() -> SubmissionReport:
            async with client:
                if store.ledger.pending(scope, terms.recipe_id):
                    await check_plan(annotator, store, scope, options, client)
                return await submission.run(scope, limit=limit)

        return Draining(work, submission.stop).run()


def poll_batches(
    annotator: ClaudeAnnotator, store: Store, *, settle_seconds: float = SETTLE_SECONDS
) -> BatchReport:
    """Look at every open batch once: read what has ended, look for what was lost.

    Args:
        annotator: Whose key is used; batches of other models are read all the same.
        store: Where the batches are kept.
        settle_seconds: How long a batch may stay invisible before it counts as never created.

    Raises:
        AnnotatorError: The API cannot be asked and a person must act.
    """

    def polling(tender: BatchTender, client: "BatchClient") -> Draining[BatchReport]:
        return Draining(_within(client, tender.ingest_ended), _nothing)

    return _tend(annotator, store, settle_seconds, polling)


def wait_for_batches(
    annotator: ClaudeAnnotator,
    store: Store,
    *,
    look_seconds: float = LOOK_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
    progress: BatchProgress | None = None,
) -> BatchReport:
    """Look at the open batches again and again until none is left; an interrupt ends the waiting.

    Raises:
        AnnotatorError: The API cannot be asked and a person must act.
    """

    def waiting(tender: BatchTender, client: "BatchClient") -> Draining[BatchReport]:
        loop = BatchWaiting(tender, look_seconds=look_seconds, progress=progress or _nothing)
        return Draining(_within(client, loop.run), loop.stop)

    return _tend(annotator, store, settle_seconds, waiting)


def cancel_batch(annotator: ClaudeAnnotator, store: Store, batch_id: str) -> BatchReport:
    """Let the API stop answering a batch; what it had answered is paid, the rest is pending again.

    It may take the API a while: then the batch stays open, and the next poll reads it.

    Args:
        annotator: Whose key is used.
        store: Where the batch is kept.
        batch_id: Our name of it, or the beginning of it that no other open batch has.

    Raises:
        InputError: There is no such open batch, or it is not known whether the API has it.
        AnnotatorError: The API cannot be asked.
    """
    open_names = [one.batch_id for one in stored_batches(store.database, open_only=True)]
    meant = [name for name in open_names if batch_id and name.startswith(batch_id)]
    if len(meant) != 1:
        raise InputError(
            f"The batch {batch_id!r} is not one open batch: see `facets batches list` for their "
            f"names."
        )

    def canceling(tender: BatchTender, client: "BatchClient") -> Draining[BatchReport]:
        return Draining(_within(client, lambda: tender.cancel(meant[0])), _nothing)

    return _tend(annotator, store, SETTLE_SECONDS, canceling)


def list_batches(store: Store) -> list[StoredBatch]:
    """Return all batches, open or closed, oldest first."""
    return stored_batches(store.database)


def _tend(
    annotator: ClaudeAnnotator,
    store: Store,
    settle_seconds: float,
    work: "Callable[[BatchTender, BatchClient], Draining[BatchReport]]",
) -> BatchReport:
    if not stored_batches(store.database, open_only=True):
        # Also without a key: there is nothing to ask for.
        return BatchReport()
    client = _client(annotator)
    with StoreBatchLedger(store.database, batch_price(annotator)) as ledger:
        tender = BatchTender(ledger, client, settle_seconds=settle_seconds)
        return work(tender, client).run()


def _client(annotator: ClaudeAnnotator) -> "BatchClient":
    # The SDK takes longer to import than most commands to run; only those that ask need it.
    from facets_pipeline.adapters.annotators.claude.batch_client import (  # noqa: PLC0415
        BatchClient,
    )

    return BatchClient.like(annotator.client())


def _within(
    client: "BatchClient", work: Callable[[], Coroutine[Any, Any, BatchReport]]
) -> Callable[[], Coroutine[Any, Any, BatchReport]]:
    async def opened() -> BatchReport:
        async with client:
            return await work()

    return opened


def _nothing(*_arguments: object) -> None:
    """Let what is under way come to its end: it is short."""
