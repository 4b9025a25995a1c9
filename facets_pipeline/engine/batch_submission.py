"""Sending batches: the intent first, then the batch, then the API's name of it.

What is pending is sent in as many batches as their size asks for. What becomes of them is looked
after in `batches`; a creation whose reply was lost is left to it as well, and nothing more is sent
until it is known what became of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from facets_pipeline.domain.errors import AnnotatorError, BudgetError
from facets_pipeline.domain.prompt import Question
from facets_pipeline.engine.batch_ports import BatchApi, BatchLedger
from facets_pipeline.engine.batch_values import BatchIntent, BatchSize, RemoteBatch
from facets_pipeline.engine.calls import InDoubt, MessageRequest, NotPaid, NotPaidKind
from facets_pipeline.engine.ports import Scope, Terms

PATIENCE = 5
"""Refusals in a row after which a batch is not sent, and its codes go back."""

FIRST_PAUSE_SECONDS = 1.0
"""The first pause after a refusal that does not say how long; each further one doubles."""

LONGEST_PAUSE_SECONDS = 60.0


@dataclass(slots=True)
class SubmissionReport:
    """What submitting did.

    Attributes:
        batches: Our names of the batches that the API has.
        requests: Their requests.
        codes: Their codes.
        unconfirmed: Our names of batches of which it is not known whether the API has them.
        left_because: Why not everything was sent; empty if it was.
    """

    batches: list[str] = field(default_factory=list[str])
    requests: int = 0
    codes: int = 0
    unconfirmed: list[str] = field(default_factory=list[str])
    left_because: str = ""


class BatchSubmission:
    """Sends what is pending; `run` it once, `stop` it from the same event loop."""

    def __init__(
        self,
        ledger: BatchLedger,
        api: BatchApi,
        terms: Terms,
        make_request: Callable[[tuple[Question, ...]], MessageRequest],
    ) -> None:
        self._ledger = ledger
        self._api = api
        self._terms = terms
        self._make_request = make_request
        self._stopping = asyncio.Event()
        self.report = SubmissionReport()

    def stop(self) -> None:
        """Send no further batch; one that is being sent is finished and recorded."""
        self._stopping.set()

    async def run(self, scope: Scope, *, limit: int | None = None) -> SubmissionReport:
        """Send what is pending in `scope`, at most `limit` codes, until nothing is or `stop`.

        Raises:
            BudgetError: Not even one request fits into a budget; nothing was sent.
            AnnotatorError: The API cannot be asked; what was sent before stays sent.
        """
        while not self._stopping.is_set() and (limit is None or self.report.codes < limit):
            size = BatchSize(
                weigh=lambda questions: self._api.weigh(self._make_request(questions)),
                codes=None if limit is None else limit - self.report.codes,
            )
            try:
                intent = await self._ledger.open(scope, self._terms, size)
            except BudgetError as error:
                if not self.report.batches:
                    raise
                self.report.left_because = str(error)
                break
            if intent is None or not await self._send(intent):
                break
        return self.report

    async def _send(self, intent: BatchIntent) -> bool:
        """Send one batch; False if it is not known to be there."""
        try:
            remote = await self._create(intent)
        except InDoubt as error:
            await self._ledger.let_go(intent.batch_id, error.message)
            self.report.unconfirmed.append(intent.batch_id)
            self.report.left_because = error.message
            return False
        except AnnotatorError as error:
            await self._ledger.give_up(intent.batch_id, str(error), in_doubt=False)
            raise
        # Out of the `try`: whatever fails from here on, the API has the batch.
        if remote is not None:
            await self._note(intent, remote.remote_id)
        return remote is not None

    async def _create(self, intent: BatchIntent) -> RemoteBatch | None:
        requests = {name: self._make_request(asked) for name, asked in intent.questions.items()}
        refusals = 0
        while await self._ledger.begin(intent.batch_id):
            try:
                return await self._api.create(requests)
            except NotPaid as error:
                if error.kind is NotPaidKind.SERVER_ERROR:
                    # A message that fails so is not billed; a batch may stand there all the same.
                    raise InDoubt(error.message) from error
                refusals += 1
                if refusals >= PATIENCE or self._stopping.is_set():
                    raise
                await self._pause(error, refusals)
        return None

    async def _note(self, intent: BatchIntent, remote_id: str) -> None:
        if not await self._ledger.submitted(intent.batch_id, remote_id):
            # Others gave it up while this process was asleep: they may have asked again.
            await self._api.cancel(remote_id)
            raise AnnotatorError(
                f"The batch {intent.batch_id!r} was sent too late, after its codes had gone back, "
                f"and was cancelled: run again."
            )
        await self._ledger.let_go(intent.batch_id)
        self.report.batches.append(intent.batch_id)
        self.report.requests += len(intent.questions)
        self.report.codes += intent.codes

    async def _pause(self, error: NotPaid, refusals: int) -> None:
        pause = error.retry_after
        if pause is None:
            pause = FIRST_PAUSE_SECONDS * 2 ** (refusals - 1)
        try:
            async with asyncio.timeout(min(pause, LONGEST_PAUSE_SECONDS)):
                await self._stopping.wait()
        except TimeoutError:
            return
