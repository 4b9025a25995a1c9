"""Looking for a batch whose creation was sent and never confirmed.

The API shows no name of ours from outside: a batch is recognised by its number of requests, and
for certain only by a custom id in its results, which can be read once it has ended.
"""

from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from facets_pipeline.engine.batch_ports import BatchApi, BatchLedger
from facets_pipeline.engine.batch_values import RemoteBatch, ResultsGone, StoredBatch

CLOCK_MARGIN = timedelta(hours=24)
"""How far the clocks of the API and of the store may differ: a longer list costs less than a batch
that is paid twice."""

ENDS_WITHIN_SECONDS = 26 * 3600.0
"""After how long a batch has ended for certain: the API allows 24 h, sending takes some minutes."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a look through the API's list brought.

    Attributes:
        found: The batch; None if it was not recognised.
        may_be_running: Whether one that has not ended may be it.
        may_be_gone: Whether one whose results are gone may be it.
    """

    found: RemoteBatch | None = None
    may_be_running: bool = False
    may_be_gone: bool = False


async def look_for(held: StoredBatch, ledger: BatchLedger, api: BatchApi) -> Search:
    """Look for a batch among those of the API that belong to no other of the ledger.

    Raises:
        NotPaid: The API does not answer; later it may.
        Stop: A person must act.
    """
    running = gone = False
    for remote in await _candidates(held, ledger, api):
        if remote.ended_at is None:
            running = running or held.age_seconds < ENDS_WITHIN_SECONDS
            continue
        try:
            if await _is_ours(held, remote, api):
                return Search(remote)
        except ResultsGone:
            gone = True
    return Search(None, running, gone)


async def _candidates(held: StoredBatch, ledger: BatchLedger, api: BatchApi) -> list[RemoteBatch]:
    listed = await api.created_since(held.opened_at - CLOCK_MARGIN)
    known = await ledger.known([remote.remote_id for remote in listed])
    return [
        remote
        for remote in listed
        if remote.remote_id not in known and remote.requests == held.requests
    ]


async def _is_ours(held: StoredBatch, remote: RemoteBatch, api: BatchApi) -> bool:
    if not remote.has_results:
        raise ResultsGone(f"the results of the batch {remote.remote_id!r} have expired")
    async with aclosing(api.results(remote.remote_id)) as results:
        async for result in results:
            return result.custom_id.startswith(held.prefix)
    return False
