"""Asking Claude by messages: the loop that keeps as many calls in flight as the limits allow.

One claim after another is opened; each waits for its start, is sent, recorded, read and settled on
its own. While the limits are unknown a single call is in flight, and each success allows more.
What is due to one code (cut off, refused, malformed) stays with that code; what concerns all
(key, budget, outage) ends the run after the calls in flight have ended.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from facets_pipeline.domain.errors import AnnotatorError, BudgetError, FacetsError
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.wire import read_answer
from facets_pipeline.engine.calls import InDoubt, MessageApi, MessageRequest, NotPaid, Reply
from facets_pipeline.engine.fill import FillReport, Progress, silent
from facets_pipeline.engine.ports import Ask, PaidLedger, Scope, Terms
from facets_pipeline.engine.ramp import Ramp

AHEAD_SECONDS = 0.25
"""How far ahead starts are reserved: little, so that processes share and changes are followed."""

RENEW_SECONDS = 20.0
"""How often a process shows that it lives; a lease lasts six times as long."""

LOOK_AGAIN_SECONDS = 0.5
"""How long to wait before looking again at codes that another process holds."""

PATIENCE = 12
"""Pauses in a row without a success after which the run gives up."""

FIRST_PAUSE_SECONDS = 0.5
"""The first pause after a failure that does not say how long; each further one doubles."""

LONGEST_PAUSE_SECONDS = 60.0

MakeRequest = Callable[[tuple[Question, ...]], MessageRequest]
"""Returns the request about some questions."""


@dataclass(slots=True)
class _State:
    """What the loop knows at the moment."""

    after: str = ""
    returned: bool = False
    asked: int = 0
    failures: int = 0
    stopping: bool = False
    error: FacetsError | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


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
        self._api = api
        self._terms = terms
        self._make_request = make_request
        self._limit = limit
        self._progress = progress
        self._state = _State()
        self._ramp = Ramp()
        self.report = FillReport()

    def stop(self) -> None:
        """Open no more calls; those in flight are finished and recorded."""
        self._state.stopping = True

    async def run(self, scope: Scope) -> FillReport:
        """Ask about what is pending in `scope` until nothing is, the limit is reached, or `stop`.

        Raises:
            AnnotatorError: The API cannot be asked, or a budget is used up; what was answered is
                kept, and running again carries on.
        """
        alive = asyncio.create_task(self._stay_alive())
        try:
            await self._ledger.renew()
            await self._dispatch(scope)
        finally:
            await asyncio.gather(*self._state.tasks)
            alive.cancel()
        if self._state.error is not None:
            raise self._state.error
        return self.report

    async def _dispatch(self, scope: Scope) -> None:
        state = self._state
        while not state.stopping:
            if len(state.tasks) >= self._ramp.allowed or (self._is_limited() and state.tasks):
                await self._one_done()
            elif self._is_limited() or not await self._start_next(scope):
                return

    async def _start_next(self, scope: Scope) -> bool:
        """Start the next call, or wait for what may bring one; False if there is nothing left."""
        state = self._state
        try:
            ask = await self._open(scope)
        except BudgetError:
            # What is in flight costs less than it reserved: there may be room when it is done.
            if not state.tasks:
                raise
            await self._one_done()
            return True
        if ask is not None:
            state.asked += len(ask.questions)
            task = asyncio.create_task(self._one(ask))
            state.tasks.add(task)
            task.add_done_callback(state.tasks.discard)
            await asyncio.sleep(max(0.0, ask.grant.wait_seconds - AHEAD_SECONDS))
            return True
        return await self._is_more_to_come(scope)

    async def _is_more_to_come(self, scope: Scope) -> bool:
        state = self._state
        if state.after:
            # Another pass: codes that went back stand before the place where this one ended.
            state.after, state.returned = "", False
            return True
        while state.tasks and not state.returned:
            await self._one_done()
        if state.returned:
            state.returned = False
            return True
        return not state.stopping and await self._is_held_elsewhere(scope)

    async def _one_done(self) -> None:
        await asyncio.wait(self._state.tasks, return_when=asyncio.FIRST_COMPLETED)

    def _is_limited(self) -> bool:
        return self._limit is not None and self._state.asked >= self._limit

    async def _open(self, scope: Scope) -> Ask | None:
        state = self._state
        most = self._terms.codes_per_request
        if self._limit is not None:
            most = min(most, self._limit - state.asked)
        ask = await self._ledger.open(scope, self._terms, after=state.after, most=most)
        if ask is not None:
            state.after = ask.questions[-1].code.code
        return ask

    async def _is_held_elsewhere(self, scope: Scope) -> bool:
        held = await self._ledger.pending(scope, self._terms.recipe_id)
        self.report.waited_for = max(self.report.waited_for, held)
        if held:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            await self._ledger.renew()
        return held > 0

    async def _one(self, ask: Ask) -> None:
        try:
            if not await self._wait_and_send(ask):
                return
            reply = await self._api.ask(self._make_request(ask.questions))
            await self._use(ask, reply)
        except NotPaid as error:
            await self._again(ask, error)
        except InDoubt as error:
            self.report.in_doubt += 1
            await self._ledger.give_back(ask, self._terms, str(error), in_doubt=True)
            self._returned(len(ask.questions))
            self._count_failure(error)
        except FacetsError as error:
            self._fail(error)
            await self._ledger.give_back(ask, self._terms, str(error), in_doubt=False)

    async def _wait_and_send(self, ask: Ask) -> bool:
        wait = ask.grant.wait_seconds
        while not self._state.stopping:
            if wait > 0:
                await asyncio.sleep(wait)
            if not self._state.stopping:
                wait = await self._ledger.send(ask, self._terms)
                if wait <= 0:
                    return True
        await self._ledger.give_back(ask, self._terms, "stopped before it was sent", in_doubt=False)
        return False

    async def _use(self, ask: Ask, reply: Reply) -> None:
        cost = await self._ledger.record(ask, self._terms, reply)
        codes = [question.code for question in ask.questions]
        readings = read_answer(reply.text, codes, stop_reason=reply.stop_reason)
        verdicts = await self._ledger.settle(ask, self._terms, readings)
        state, report = self._state, self.report
        state.failures = 0
        self._ramp.success()
        self._returned(len(codes) - len(verdicts))
        answered = sum(verdict.outcome is Outcome.ANSWERED for verdict in verdicts)
        report.calls += 1
        report.asked += len(verdicts)
        report.answered += answered
        report.in_review += len(verdicts) - answered
        report.repaired += sum(
            verdict.outcome is Outcome.ANSWERED and verdict.attempts > 1 for verdict in verdicts
        )
        report.add_cost(cost)
        self._progress(report)

    async def _again(self, ask: Ask, error: NotPaid) -> None:
        self.report.refused += 1
        self._ramp.failure()
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**self._state.failures)
        if error.retry_after is not None:
            pause = error.retry_after
        await self._ledger.refuse(ask, self._terms, error, pause=pause)
        self._returned(len(ask.questions))
        self._count_failure(error)

    def _returned(self, codes: int) -> None:
        self._state.asked -= codes
        self._state.returned = self._state.returned or codes > 0

    def _count_failure(self, error: AnnotatorError) -> None:
        self._state.failures += 1
        if self._state.failures >= PATIENCE:
            self._fail(error)

    def _fail(self, error: FacetsError) -> None:
        self._state.stopping = True
        if self._state.error is None:
            self._state.error = error

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._ledger.renew()
