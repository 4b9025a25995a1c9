"""One question of any kind through the same door: throttled, budgeted, recorded, paid once.

For a user's own assets. The loop for codes is `messages`; here are no codes, only a request and its
reply.
"""

import asyncio

from facets_pipeline.engine.calls import InDoubt, MessageApi, MessageRequest, NotPaid, Reply
from facets_pipeline.engine.course import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PATIENCE
from facets_pipeline.engine.ports import Ask, PaidLedger, Terms


async def ask_once(
    ledger: PaidLedger, api: MessageApi, terms: Terms, request: MessageRequest
) -> Reply:
    """Send `request` when limits and budgets allow, and return its recorded reply.

    What was turned away unpaid is sent again; a call in doubt is not, since it may have been paid.

    Raises:
        BudgetError: It could cost more than a budget has left.
        AnnotatorError: It was refused for good, is in doubt, or the API is out for too long.
    """
    failures = 0
    while True:
        ask = await ledger.open_single(terms)
        await _start(ledger, ask, terms)
        try:
            reply = await api.ask(request)
        except NotPaid as error:
            await ledger.refuse(ask, terms, error, pause=_pause(error, failures))
            failures += 1
            if failures >= PATIENCE:
                raise
        except BaseException as error:
            lost = isinstance(error, InDoubt | asyncio.CancelledError)
            await ledger.give_back(ask, terms, str(error), in_doubt=lost)
            raise
        else:
            await ledger.record(ask, terms, reply)
            return reply


async def _start(ledger: PaidLedger, ask: Ask, terms: Terms) -> None:
    wait = ask.grant.wait_seconds
    while True:
        await asyncio.sleep(max(0.0, wait))
        wait = await ledger.send(ask, terms)
        if wait <= 0:
            return


def _pause(error: NotPaid, failures: int) -> float:
    if error.retry_after is not None:
        return error.retry_after
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**failures)
