"""Who holds codes at this moment: live processes that ask, read or tend.

What dead ones left is in `leases`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.owners import is_dead
from facets_pipeline.adapters.store.schema import batch, call, call_item
from facets_pipeline.engine.batch_values import OPEN_STATES


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that works on codes of a store.

    Attributes:
        host: Its host.
        pid: Its number there.
        codes: How many codes it holds.
    """

    host: str
    pid: int
    codes: int

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.codes:,} codes)"


def holders(connection: sa.Connection, now: datetime) -> list[Holder]:
    """Return the processes whose lease has not ended and that, as far as is known, live.

    A batch that nobody tends at the moment has no holder: it is out at the API.
    """
    asked = (
        sa.select(call.c.owner, sa.func.count())
        .join(call_item, call_item.c.call_id == call.c.call_id)
        .where(call_item.c.open, call.c.mode != "batches", call.c.lease_until >= now)
        .group_by(call.c.owner)
    )
    tended = (
        sa.select(batch.c.owner, sa.func.sum(batch.c.codes))
        .where(batch.c.state.in_(OPEN_STATES), batch.c.owner != "", batch.c.lease_until >= now)
        .group_by(batch.c.owner)
    )
    rows = [*connection.execute(asked), *connection.execute(tended)]
    return list(_holders((str(owner), int(codes)) for owner, codes in rows))


def _holders(rows: Iterable[tuple[str, int]]) -> Iterable[Holder]:
    for owner, codes in sorted(rows):
        if not is_dead(owner):
            host, pid, *_rest = owner.split(":")
            yield Holder(host, int(pid), codes)
