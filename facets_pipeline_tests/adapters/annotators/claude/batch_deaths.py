"""Processes that ask by batches and kill themselves at a named instant; no test belongs here.

Each is a process of its own that ends by SIGKILL, as it would from outside: nothing is cleaned up.
"""

import inspect
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.batching import poll_batches, submit_batches
from facets_pipeline.adapters.store import paid_calls
from facets_pipeline.adapters.store.batches import StoreBatchLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.engine import batches
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import annotator_of, options
from facets_pipeline_tests.adapters.store.contents import ALL

SECONDS = 60
PAGE = 3
"""Results at a time in these processes, so that there are several pages of them."""

SUBMITTING = {
    "before the intent": (StoreBatchLedger, "open", "before", 1),
    "after the intent": (StoreBatchLedger, "open", "after", 1),
    "as it is sent": (BatchClient, "create", "before", 1),
    "with the reply in hand": (BatchClient, "create", "after", 1),
    "before its name is written": (StoreBatchLedger, "submitted", "before", 1),
    "after its name is written": (StoreBatchLedger, "submitted", "after", 1),
}
"""Instants of a submission: whose method, and whether before or after its first call."""

INGESTING = {
    "before a page is recorded": (StoreBatchLedger, "record", "before", 2),
    "in the midst of a page": (paid_calls, "record_reply", "after", 5),
    "after a page is recorded": (StoreBatchLedger, "record", "after", 2),
    "in the midst of reading": (paid_calls, "end_items", "after", 5),
    "after a page is read": (StoreBatchLedger, "settle", "after", 2),
    "before it is closed": (StoreBatchLedger, "finish", "before", 1),
    "after it is closed": (StoreBatchLedger, "finish", "after", 1),
}
"""Instants of an ingestion, and at which call of the method."""

Instant = tuple[Any, str, str, int]


def start(work: Callable[..., None], *arguments: object) -> multiprocessing.Process:
    """Start a process that does `work`; its modules are loaded once for all of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=arguments)
    process.start()
    return process  # pyright: ignore[reportReturnType] - a process of that context


def die(work: Callable[..., None], *arguments: object) -> None:
    """Run `work` in a process of its own that must be killed while it is at it."""
    process = start(work, *arguments)
    process.join(SECONDS)
    assert process.exitcode == -signal.SIGKILL


def submit_and_die(url: str, base_url: str, instant: str) -> None:
    """Send what is pending, and die."""
    if instant:
        _plan(SUBMITTING[instant])
    with Store.open(url) as store:
        submit_batches(annotator_of(base_url), store, ALL, options())


def poll_and_die(url: str, base_url: str, instant: str) -> None:
    """Look at the open batches once, and die; "" lives on."""
    batches.PAGE = PAGE
    if instant:
        _plan(INGESTING[instant])
    with Store.open(url) as store:
        poll_batches(annotator_of(base_url), store, settle_seconds=0)


def _plan(instant: Instant) -> None:
    owner, name, when, at = instant
    original = getattr(owner, name)
    calls = 0

    def counted() -> bool:
        nonlocal calls
        calls += 1
        return calls == at

    async def dying(*arguments: object, **named: object) -> object:
        is_last = counted()
        if is_last and when == "before":
            _die()
        result = await original(*arguments, **named)
        if is_last:
            _die()
        return result

    def dying_at_once(*arguments: object, **named: object) -> object:
        is_last = counted()
        result = original(*arguments, **named)
        if is_last:
            _die()
        return result

    is_async = inspect.iscoroutinefunction(original)
    setattr(owner, name, dying if is_async else dying_at_once)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
