"""How far long work is, on a terminal or in a log; put into the graph as its progress resource."""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facets_pipeline.defs.resources import ProgressResource
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.fill import Progress as Show

LINES_EVERY_SECONDS = 10.0
"""How often a log without a terminal gets a line."""


def _own_stderr() -> TextIO:
    # Dagster redirects the descriptors 1 and 2 into a file while a step runs: what is to be seen
    # meanwhile needs a descriptor of its own.
    return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", buffering=1)


class TerminalProgress(ProgressResource):
    """Shows a bar on a terminal, a line every ten seconds elsewhere, nothing if told so."""

    quiet: bool = False

    def start(self, code_system: str, pending: int) -> Show:
        """Return what is called with the figures so far."""
        if self.quiet or not pending:
            return super().start(code_system, pending)
        stream = _own_stderr()
        if stream.isatty():
            return _bar(stream, code_system, pending)
        return _lines(stream, code_system, pending)

    @contextmanager
    def counting(self, title: str, total: int) -> Generator[Callable[[], None]]:
        """Show how many of `total` steps are done; yield what is called after each."""
        if self.quiet or not total or not sys.stderr.isatty():
            yield _nothing
            return
        columns = (BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
        with (
            _own_stderr() as stream,
            Progress(
                TextColumn("{task.description}"),
                *columns,
                console=Console(file=stream),
                expand=True,
            ) as progress,
        ):
            task = progress.add_task(title, total=total)
            yield lambda: progress.advance(task)


def _nothing() -> None:
    """Show no step."""


def _bar(stream: TextIO, code_system: str, pending: int) -> Show:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("in review {task.fields[in_review]}"),
        TimeRemainingColumn(),
        console=Console(file=stream),
        expand=True,
    )
    task = progress.add_task(code_system, total=pending, in_review=0)
    progress.start()

    def show(report: FillReport) -> None:
        progress.update(task, completed=report.asked, in_review=report.in_review)
        if report.asked >= pending:
            progress.stop()

    return show


def _lines(stream: TextIO, code_system: str, pending: int) -> Show:
    started = last = time.monotonic()

    def show(report: FillReport) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < LINES_EVERY_SECONDS and report.asked < pending:
            return
        last = now
        rate = report.asked / max(now - started, 0.001)
        left = (pending - report.asked) / rate if rate else 0.0
        stream.write(
            f"{code_system}: {report.asked:,} of {pending:,} codes, {report.in_review:,} in "
            f"review, {rate:,.0f} codes/s, {left:,.0f} s left\n"
        )

    return show
