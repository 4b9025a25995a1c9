"""Asking Claude by messages: the loop that keeps as many calls in flight as the limits allow.

One claim after another is opened; each is then sent, recorded, read and settled on its own, see
`one_call`. While the limits are unknown a single call is in flight, and each success allows more.
What is due to one code (cut off, refused, malformed) stays with that code; what concerns all
(key, budget, outage) ends the run after the calls in flight have ended.
"""

import asyncio

from facets_pipeline.domain.errors import BudgetError, StoreError
from facets_pipeline.engine.calls import MessageApi
from facets_pipeline.engine.course import Course
from facets_pipeline.engine.fill import FillReport, Progress, silent
from facets_pipeline.engine.one_call import MakeRequest, OneCall
from facets_pipeline.engine.ports import Ask, PaidLedger, Scope, Terms

AHEAD_SECONDS = 0.25
"""How far ahead starts are reserved: little, so that processes share and changes are followed."""

RENEW_SECONDS = 20.0
"""How often a process shows that it lives; a lease lasts six times as long."""

LOOK_AGAIN_SECONDS = 0.5
"""How long to wait before looking again at codes that another process holds."""


class MessagesFill:
    """Fills one scope; `run` it once, `stop` it from the same event loop."""

    def __init__(
        self,
        ledger: PaidLedger,
        api: MessageApi,
        terms: Terms,
        make_request: MakeRequest,
        *,
        limit: int | None = None,
        progress: Progress = silent,
    ) -> None:
        self._ledger = ledger
        self._terms = terms
        self._limit = limit
        self._course = Course()
        self._one_call = OneCall(ledger, api, terms, make_request, self._course, progress)
        self._after = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.report: FillReport = self._course.report

    def stop(self) -> None:
        """Open no more calls; those in flight are finished and recorded."""
        self._course.stop()

    async def run(self, scope: Scope) -> FillReport:
        """Ask about what is pending in `scope` until nothing is, the limit is reached, or `stop`.

        Raises:
            AnnotatorError: The API cannot be asked, or a budget is used up; what was answered is
                kept, and running again carries on.
            StoreError: The store failed; what was recorded is kept.
        """
        alive = asyncio.create_task(self._stay_alive())
        try:
            await self._ledger.renew()
            await self._dispatch(scope)
        finally:
            self._course.stop()
            if self._tasks:
                await asyncio.wait(self._tasks)
            alive.cancel()
        if self._course.error is not None:
            raise self._course.error
        return self.report

    async def _dispatch(self, scope: Scope) -> None:
        while not self._course.is_stopping:
            await self._course.pause()
            limited = self._is_limited()
            if len(self._tasks) >= self._course.ramp.allowed or (limited and self._tasks):
                await self._one_done()
            elif limited or not await self._start_next(scope):
                break

    async def _start_next(self, scope: Scope) -> bool:
        """Start the next call, or wait for what may bring one; False if there is nothing left."""
        try:
            ask = await self._open(scope)
        except BudgetError:
            # What is in flight costs less than it reserved: there may be room when it is done.
            if not self._tasks:
                raise
            await self._one_done()
            return True
        if ask is not None:
            self._course.asked += len(ask.questions)
            task = asyncio.create_task(self._one_call.make(ask))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            await self._course.sleep(ask.grant.wait_seconds - AHEAD_SECONDS)
            return True
        return await self._is_more_to_come(scope)

    async def _is_more_to_come(self, scope: Scope) -> bool:
        course = self._course
        if self._after:
            # Another pass: codes that went back stand before the place where this one ended.
            self._after, course.has_returned = "", False
            return True
        while self._tasks and not course.has_returned:
            await self._one_done()
        if course.has_returned:
            course.has_returned = False
            return True
        return not course.is_stopping and await self._is_held_elsewhere(scope)

    async def _one_done(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = task.exception()
        if error is not None:
            self._course.fail(error)

    def _is_limited(self) -> bool:
        return self._limit is not None and self._course.asked >= self._limit

    async def _open(self, scope: Scope) -> Ask | None:
        most = self._terms.codes_per_request
        if self._limit is not None:
            most = min(most, self._limit - self._course.asked)
        ask = await self._ledger.open(scope, self._terms, after=self._after, most=most)
        if ask is not None:
            self._after = ask.questions[-1].code.code
        return ask

    async def _is_held_elsewhere(self, scope: Scope) -> bool:
        held = await self._ledger.pending(scope, self._terms.recipe_id)
        self.report.waited_for = max(self.report.waited_for, held)
        if held:
            await self._course.sleep(LOOK_AGAIN_SECONDS)
            await self._ledger.renew()
        return held > 0

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._ledger.renew()
            except StoreError as error:
                # Without a sign of life others would take over what is in flight here.
                self._course.fail(error)
                return
