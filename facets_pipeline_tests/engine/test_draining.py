"""Asynchronous work under an interrupt: what is under way comes to its end, then it is raised."""

import asyncio
import os
import signal

import pytest

from facets_pipeline.engine.draining import Draining


class Work:
    """Work in steps that goes on until it is asked to stop."""

    def __init__(self, interrupts: int) -> None:
        """Take how many interrupts the process gets meanwhile."""
        self.interrupts = interrupts
        self.has_ended = False
        self._stop = asyncio.Event()

    async def run(self) -> str:
        """Interrupt the process, then wait to be asked to stop, then end in good order."""
        for _ in range(self.interrupts):
            os.kill(os.getpid(), signal.SIGINT)
            await self._stop.wait()
        self.has_ended = True
        return "done"

    def stop(self) -> None:
        """Ask the work to stop."""
        self._stop.set()


def test_work_that_nobody_interrupts_returns_its_result() -> None:
    assert Draining((work := Work(0)).run, work.stop).run() == "done"


def test_an_interrupt_is_raised_when_the_work_has_come_to_its_end() -> None:
    work = Work(1)
    with pytest.raises(KeyboardInterrupt):
        Draining(work.run, work.stop).run()
    assert work.has_ended


def test_what_the_work_raises_is_raised_to_the_caller() -> None:
    async def fail() -> None:
        raise ValueError("a failure")

    with pytest.raises(ValueError, match="a failure"):
        Draining(fail, lambda: None).run()
