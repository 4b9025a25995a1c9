"""One call from its claim to its outcome: wait, send, ask, record, read, settle.

However it ends, the ledger says so: given back if it was never sent or is not owed, in doubt if
nobody can tell, answered as soon as there is a reply. Which calls are made when is `messages`.
"""

import asyncio
from collections.abc import Callable

from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.usage import Usage
from facets_pipeline.domain.wire import read_answer
from facets_pipeline.engine.calls import (
    ClaimLostError,
    InDoubt,
    MessageApi,
    MessageRequest,
    NotPaid,
    Reply,
    Stop,
)
from facets_pipeline.engine.course import Course
from facets_pipeline.engine.fill import Progress
from facets_pipeline.engine.ports import Ask, PaidLedger, Terms

RECORD_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts to record a reply: it is paid, and a store may be back in a moment."""

MakeRequest = Callable[[tuple[Question, ...]], MessageRequest]
"""Returns the request about some questions."""


class OneCall:
    """Makes one call after another, several at a time, for one run."""

    def __init__(
        self,
        ledger: PaidLedger,
        api: MessageApi,
        terms: Terms,
        make_request: MakeRequest,
        course: Course,
        progress: Progress,
    ) -> None:
        self._ledger = ledger
        self._api = api
        self._terms = terms
        self._make_request = make_request
        self._course = course
        self._progress = progress

    async def make(self, ask: Ask) -> None:
        """Make one call to its end.

        Raises:
            StoreError: The store failed; the call is as it was last written there.
        """
        request = self._make_request(ask.questions)
        if not await self._wait_and_send(ask):
            return
        reply = await self._reply(ask, request)
        if reply is not None:
            await self._use(ask, reply)

    async def _wait_and_send(self, ask: Ask) -> bool:
        wait, course = ask.grant.wait_seconds, self._course
        try:
            while not course.is_stopping:
                if wait > 0:
                    await course.sleep(wait)
                if not course.is_stopping:
                    wait = await self._ledger.send(ask, self._terms)
                    if wait <= 0:
                        return True
        except ClaimLostError:
            course.gave_back(len(ask.questions))
            return False
        await self._ledger.give_back(ask, self._terms, "stopped before it was sent", in_doubt=False)
        return False

    async def _reply(self, ask: Ask, request: MessageRequest) -> Reply | None:
        """Return the reply; None if there is none, which the ledger then knows."""
        course = self._course
        started = course.now()
        try:
            return await self._api.ask(request)
        except NotPaid as error:
            await self._again(ask, error, started)
        except InDoubt as error:
            await self._lost(ask, error, started)
        except Stop as error:
            course.fail(error)
            await self._ledger.give_back(ask, self._terms, str(error), in_doubt=False)
        except BaseException as error:
            # Nobody can tell how far a call came that ends in a way that no call should.
            await self._ledger.give_back(ask, self._terms, repr(error), in_doubt=True)
            raise
        return None

    async def _again(self, ask: Ask, error: NotPaid, started: float) -> None:
        self._course.report.refused += 1
        pause = self._course.failed(error, started)
        if error.retry_after is not None:
            pause = error.retry_after
        await self._ledger.refuse(ask, self._terms, error, pause=pause)
        self._course.gave_back(len(ask.questions))

    async def _lost(self, ask: Ask, error: InDoubt, started: float) -> None:
        course = self._course
        course.report.in_doubt += 1
        course.lost(error, [question.code.code for question in ask.questions], started)
        ended = await self._ledger.give_back(ask, self._terms, str(error), in_doubt=True)
        course.gave_back(len(ask.questions) - len(ended))
        course.report.asked += len(ended)
        course.report.in_review += len(ended)

    async def _use(self, ask: Ask, reply: Reply) -> None:
        cost = await self._record(ask, reply)
        codes = [question.code for question in ask.questions]
        readings = read_answer(reply.text, codes, stop_reason=reply.stop_reason)
        verdicts = await self._ledger.settle(ask, self._terms, readings)
        course, report = self._course, self._course.report
        course.succeeded()
        course.gave_back(len(codes) - len(verdicts))
        answered = sum(verdict.outcome is Outcome.ANSWERED for verdict in verdicts)
        report.calls += 1
        report.asked += len(verdicts)
        report.answered += answered
        report.in_review += len(verdicts) - answered
        report.repaired += sum(
            verdict.outcome is Outcome.ANSWERED and verdict.attempts > 1 for verdict in verdicts
        )
        report.add_cost(cost)
        report.add_usage(reply.used or Usage())
        self._progress(report)

    async def _record(self, ask: Ask, reply: Reply) -> int | None:
        for wait in RECORD_AGAIN_SECONDS:
            try:
                return await self._ledger.record(ask, self._terms, reply)
            except StoreError:
                await asyncio.sleep(wait)
        return await self._ledger.record(ask, self._terms, reply)
