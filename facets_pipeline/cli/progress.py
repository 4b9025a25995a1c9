"""How far long work is, on a terminal or in a log; put into the graph as its progress resource."""

import sys
import time
from contextlib import ExitStack
from typing import ClassVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facets_pipeline.defs.resources import ProgressResource
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.fill import Progress as Show

LINES_EVERY_SECONDS = 10.0
"""How often a log without a terminal gets a line."""


class TerminalProgress(ProgressResource):
    """Shows a bar on a terminal, a line every ten seconds elsewhere, nothing if told so."""

    quiet: bool = False
    # Of the class: Dagster gives a step a copy of the resource, and `end` is asked of the original.
    _shown: ClassVar[ExitStack] = ExitStack()

    def start(self, code_system: str, pending: int) -> Show:
        """Return what is called with the figures so far."""
        if self.quiet or not pending:
            return super().start(code_system, pending)
        if sys.stderr.isatty():
            return self._bar(code_system, pending)
        return _lines(code_system, pending)

    def say(self, line: str) -> None:
        """Print a line about long work."""
        if not self.quiet:
            sys.stderr.write(f"{line}\n")

    def end(self) -> None:
        """Take away the bars of work that ended early; nothing more is shown."""
        self._shown.close()

    def _bar(self, code_system: str, pending: int) -> Show:
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("in review {task.fields[in_review]}  {task.fields[cost]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            expand=True,
        )
        task = progress.add_task(code_system, total=pending, in_review=0, cost="")
        progress.start()
        self._shown.callback(progress.stop)

        def show(report: FillReport) -> None:
            progress.update(
                task, completed=report.asked, in_review=report.in_review, cost=_cost(report)
            )
            if report.asked >= pending:
                progress.stop()

        return show


def _cost(report: FillReport) -> str:
    if not report.calls:
        return ""
    return "cost unknown" if report.cost_nano_usd is None else f"${report.cost_nano_usd / 1e9:,.2f}"


def _lines(code_system: str, pending: int) -> Show:
    started = last = time.monotonic()

    def show(report: FillReport) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < LINES_EVERY_SECONDS and report.asked < pending:
            return
        last = now
        rate = report.asked / max(now - started, 0.001)
        left = (pending - report.asked) / rate if rate else 0.0
        sys.stderr.write(
            f"{code_system}: {report.asked:,} of {pending:,} codes, {report.in_review:,} in "
            f"review, {rate:,.0f} codes/s, {left:,.0f} s left {_cost(report)}".rstrip()
            + "\n"
        )

    return show
