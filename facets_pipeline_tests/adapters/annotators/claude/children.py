"""Processes of their own that fill a store, and that may kill themselves at a given step.

Forked from one process that has imported everything, so that a test can afford many. No test
belongs here.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any, Final, NoReturn

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline_tests.adapters.annotators.claude.paying import fill_from

_CHILDREN: Final = multiprocessing.get_context("forkserver")
_CHILDREN.set_forkserver_preload([__name__])

STEPS: Final[dict[str, type]] = {
    "open": StorePaidLedger,
    "send": StorePaidLedger,
    "ask": ClaudeClient,
    "record": StorePaidLedger,
    "settle": StorePaidLedger,
}
"""The steps of a call in their order, and whose method each is."""

NEVER_SECONDS: Final = 60
INTERRUPTED: Final = 130


def start(url: str, base_url: str, **options: Any) -> BaseProcess:  # noqa: ANN401 - of `fill_from`
    """Start a process that fills the store at `url`."""
    return _started(fill_from, url, base_url, options)


def killed_at(step: str, place: str, call: int, url: str, base_url: str) -> None:
    """Let a process kill itself `place` ("before" or "after") the call of `step` with a number."""
    child = _started(_fill_and_die, url, base_url, {"step": step, "place": place, "call": call})
    child.join(NEVER_SECONDS)
    assert child.exitcode == -signal.SIGKILL, child.exitcode


def start_with_interrupts(url: str, base_url: str) -> BaseProcess:
    """Start a process that fills the store and turns SIGTERM into an interrupt, as Ctrl-C is."""
    return _started(_fill_until_interrupted, url, base_url, {})


def _started(work: Callable[..., Any], url: str, base_url: str, options: Any) -> BaseProcess:  # noqa: ANN401
    child = _CHILDREN.Process(target=work, args=(url, base_url), kwargs=options)
    child.start()
    return child


def _fill_and_die(url: str, base_url: str, *, step: str, place: str, call: int) -> None:
    owner = STEPS[step]
    real = getattr(owner, step)
    made = 0

    async def deadly(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
        nonlocal made
        made += 1
        mine = made
        if place == "before" and mine == call:
            _die()
        result = await real(*arguments, **named)
        if place == "after" and mine == call:
            _die()
        return result

    setattr(owner, step, deadly)
    fill_from(url, base_url)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process does not go on")


def _fill_until_interrupted(url: str, base_url: str) -> None:
    def interrupt(*_signal: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        fill_from(url, base_url)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def until(condition: Callable[[], bool]) -> None:
    """Look until something has come true in another process; an error if it never does."""
    end = time.monotonic() + NEVER_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
