"""Where a process is: a few bytes that it shares with whoever is about to kill it.

A process marks each step that it enters. Whoever watches sees the step it is in and how often it
has entered each, also after its death. Nothing of what the process does changes.
"""

import functools
import inspect
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from facets_pipeline.adapters.annotators.claude.batch_client import BatchClient
from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.adapters.store.batches import StoreBatchLedger
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.group_commit import GroupCommit
from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.releases import Releases
from facets_pipeline.cli import instance
from facets_pipeline.defs import coverage_files, fill_ledger

Place = tuple[Any, str]
"""A class or module, and the name of a function in it."""

STEPS: Final[dict[str, tuple[Place, ...]]] = {
    "start": (),
    "load": ((Releases, "load"),),
    "instance": ((instance, "_opened"),),
    "claim": ((StorePaidLedger, "open"),),
    "send": ((StorePaidLedger, "send"),),
    "request": ((ClaudeClient, "ask"),),
    "reply": ((StorePaidLedger, "record"),),
    "settle": ((StorePaidLedger, "settle"),),
    "commit": ((GroupCommit, "_commit"),),
    "cells": ((fill_ledger, "show_cells"),),
    "table": ((FlatTable, "_renew"), (FlatTable, "refresh")),
    "report": ((coverage_files, "_replace"), (coverage_files, "render_html")),
    "batch intent": ((StoreBatchLedger, "open"),),
    "batch create": ((BatchClient, "create"),),
    "batch named": ((StoreBatchLedger, "submitted"),),
    "batch results": ((StoreBatchLedger, "record"),),
    "batch read": ((StoreBatchLedger, "settle"),),
    "batch closed": ((StoreBatchLedger, "finish"),),
}
"""The steps of a command in about the order in which it comes to them; "start" is all before."""

NAMES: Final = tuple(STEPS)


class Marks:
    """The shared bytes: the step that was entered last, and how often each was entered (to 255)."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), len(NAMES) + 1)

    @classmethod
    def fresh(cls, path: Path) -> Self:
        """Make the file at `path` and return its marks."""
        path.write_bytes(bytes(len(NAMES) + 1))
        return cls(path)

    @property
    def step(self) -> str:
        """The step that was entered last."""
        return NAMES[self._bytes[0]]

    def times(self, step: str) -> int:
        """Return how often a step was entered."""
        return self._bytes[1 + NAMES.index(step)]

    def close(self) -> None:
        """Let go of the bytes."""
        self._bytes.close()

    def install(self) -> None:
        """Let this process mark its steps."""
        for number, (_, places) in enumerate(STEPS.items()):
            for owner, name in places:
                setattr(owner, name, self._marking(getattr(owner, name), number))

    def _enter(self, number: int) -> None:
        self._bytes[0] = number
        self._bytes[1 + number] = min(255, self._bytes[1 + number] + 1)

    def _marking(self, function: Callable[..., Any], number: int) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def marking(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
                self._enter(number)
                return await function(*arguments, **named)

            return marking

        @functools.wraps(function)
        def marking_at_once(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
            self._enter(number)
            return function(*arguments, **named)

        return marking_at_once
