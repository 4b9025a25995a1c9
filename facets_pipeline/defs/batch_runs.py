"""Asking by batches within a run: what ended is read first, then sent, waited for, and mended."""

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.batching import (
    poll_batches,
    submit_batches,
    wait_for_batches,
)
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.resources import ProgressResource
from facets_pipeline.engine.batches import BatchReport
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.ports import Scope
from facets_pipeline.settings import Settings


def read_ended(store: Store, annotator: ClaudeAnnotator) -> BatchReport:
    """Read the batches that have ended, whoever sent them; nothing is asked of a model."""
    return poll_batches(annotator, store, settle_seconds=Settings.load().batch_settle_seconds)


def send(
    store: Store,
    annotator: ClaudeAnnotator,
    scope: Scope,
    options: ClaudeOptions,
    progress: ProgressResource,
    *,
    limit: int | None,
    wait: bool,
) -> FillReport:
    """Send what is pending in `scope` as batches; wait for the answers if told to.

    Raises:
        BudgetError: Not even one request fits into a budget.
        AnnotatorError: Key, model, limits or outage.
    """
    sent = submit_batches(annotator, store, scope, options, limit=limit)
    progress.say(
        f"{scope.code_system}: {sent.codes:,} codes sent in {sent.requests:,} requests, batches "
        f"{', '.join(name[:12] for name in sent.batches) or 'none'}"
    )
    if sent.left_because:
        progress.say(f"{scope.code_system}: not everything was sent: {sent.left_because}")
    if not wait:
        return FillReport()
    settings = Settings.load()
    ended = wait_for_batches(
        annotator,
        store,
        look_seconds=settings.batch_look_seconds,
        settle_seconds=settings.batch_settle_seconds,
        progress=lambda report: progress.say(_line(report)),
    )
    return ended.fill


def _line(report: BatchReport) -> str:
    ages = [
        f"{batch.batch_id[:12]} for {batch.age_seconds / 60:,.0f} min" for batch in report.waiting
    ]
    return f"batches: {report.ingested} read, waiting for {', '.join(ages) or 'none'}"
