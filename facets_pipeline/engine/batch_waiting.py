"""Waiting for batches: one look after another until none is open, or somebody says stop."""

import asyncio
from collections.abc import Callable

from facets_pipeline.engine.batches import BatchReport, BatchTender

LOOK_SECONDS = 60.0
"""How often batches are looked at while waiting: most end within an hour, all within 24."""

BatchProgress = Callable[[BatchReport], None]
"""Called after every look; the API tells nothing of a batch's inside before it has ended."""


class BatchWaiting:
    """Waits for the open batches of a ledger; `run` it once, `stop` it from the same loop."""

    def __init__(
        self,
        tender: BatchTender,
        *,
        look_seconds: float = LOOK_SECONDS,
        progress: BatchProgress,
    ) -> None:
        self._tender = tender
        self._look_seconds = look_seconds
        self._progress = progress
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Look no more; the look that is under way is finished."""
        self._stopping.set()

    async def run(self) -> BatchReport:
        """Look until no batch is open; batches that other processes tend are waited for, too.

        Raises:
            AnnotatorError: The API cannot be asked and a person must act.
        """
        while True:
            report = await self._tender.ingest_ended()
            self._progress(report)
            if not report.waiting or self._stopping.is_set():
                return report
            try:
                async with asyncio.timeout(self._look_seconds):
                    await self._stopping.wait()
            except TimeoutError:
                continue
            return report
