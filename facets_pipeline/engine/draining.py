"""Running the asynchronous engine from plain code, so that an interrupt ends it in good order.

The event loop has a thread of its own: an interrupt that reaches the calling thread, from Ctrl-C or
from Dagster, asks the engine to stop, waits for the calls in flight, and is raised only then. A
second interrupt is raised at once.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

_LOOK_SECONDS = 0.2


class Draining(Generic[Result]):
    """One piece of asynchronous work with a way to stop it gently."""

    def __init__(
        self, work: Callable[[], Coroutine[Any, Any, Result]], stop: Callable[[], None]
    ) -> None:
        self._work = work
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._done = threading.Event()
        self._is_stopped = False

    def run(self) -> Result:
        """Run the work to its end and return its result.

        Raises:
            BaseException: What the work raised, or the interrupt after the work has stopped.
        """
        thread = threading.Thread(target=self._run, name="engine", daemon=True)
        try:
            # Inside too: an interrupt may come while the thread is being started.
            thread.start()
            self._wait()
        except BaseException:
            self._ask_to_stop()
            if thread in threading.enumerate():
                self._wait()
            raise
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _ask_to_stop(self) -> None:
        # The loop may not have begun, or may have ended this very moment.
        self._is_stopped = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop)

    def _wait(self) -> None:
        # A wait without an end would not let signals through on every platform.
        while not self._done.wait(_LOOK_SECONDS):
            pass

    def _run(self) -> None:
        try:
            self._result.append(asyncio.run(self._main()))
        except BaseException as error:  # noqa: BLE001 - it is raised in the calling thread
            self._error = error
        finally:
            self._done.set()

    async def _main(self) -> Result:
        self._loop = asyncio.get_running_loop()
        if self._is_stopped:
            self._stop()
        return await self._work()
