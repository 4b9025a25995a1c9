"""Four processes that start a piece of work at the same instant; no test belongs here."""

import multiprocessing
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier, BrokenBarrierError
from typing import Final, TypeVar

COUNT: Final = 4
_SECONDS: Final = 60

Result = TypeVar("Result")

_gate: Barrier | None = None
"""In a child process: where all wait for each other."""


class Crew:
    """Processes that are up already, so that only the work itself runs side by side."""

    def __init__(self, pool: ProcessPoolExecutor, gate: Barrier) -> None:
        """Take over a pool whose processes know the gate."""
        self._pool = pool
        self._gate = gate

    def at_once(self, work: Callable[[str], Result], argument: str) -> list[Result]:
        """Run `work(argument)` once in every process, all from the same instant."""
        started = [self._pool.submit(_through_the_gate, work, argument) for _ in range(COUNT)]
        wait(started, timeout=_SECONDS)
        if self._gate.broken:
            self._gate.reset()
        for future in started:
            cause = future.exception(timeout=0)
            if cause is not None and not isinstance(cause, BrokenBarrierError):
                raise cause
        return [future.result(timeout=_SECONDS) for future in started]


@contextmanager
def crew() -> Generator[Crew]:
    """Lend the processes for the block."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(COUNT, timeout=_SECONDS)
    with ProcessPoolExecutor(
        COUNT, mp_context=context, initializer=_remember, initargs=(gate,)
    ) as pool:
        yield Crew(pool, gate)


def meet() -> None:
    """Wait, inside work, until all processes of the crew have come to this point."""
    if _gate is None:
        raise RuntimeError("this runs in the crew's processes only")
    _gate.wait()


def _remember(gate: Barrier) -> None:
    global _gate  # noqa: PLW0603 - a synchronisation object reaches a child only as it starts
    _gate = gate


def _through_the_gate(work: Callable[[str], Result], argument: str) -> Result:
    meet()
    try:
        return work(argument)
    except BaseException:
        if _gate is not None:
            _gate.abort()  # the others must not wait for one that will not come
        raise
