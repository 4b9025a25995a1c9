"""Claims of processes that no longer live: given back, or in doubt if their call was sent."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets
from facets_pipeline.adapters.store.owners import is_dead
from facets_pipeline.adapters.store.schema import call, call_item

LEASE = timedelta(seconds=120)
"""How long a claim holds without a sign of life from its owner."""

HELD = ("open", "claimed", "sent")
"""States in which a call holds its codes."""


def take_back_dead(connection: sa.Connection, now: datetime) -> int:
    """End the calls whose lease is over or whose process of this host is dead; return how many.

    A call that was sent may have been paid: it becomes `in_doubt` and keeps what it reserved.
    Budgets get back what calls had reserved that were never sent.
    """
    owners = connection.execute(
        sa.select(call.c.owner).where(call.c.state.in_(HELD), call.c.mode != "batches").distinct()
    ).scalars()
    dead = [owner for owner in owners if is_dead(owner)]
    over = sa.and_(
        call.c.state.in_(HELD),
        call.c.mode != "batches",
        sa.or_(call.c.lease_until < now, call.c.owner.in_(dead)),
    )
    columns = (
        call.c.call_id,
        call.c.state,
        call.c.run_id,
        call.c.opened_at,
        call.c.reserved_nano_usd,
    )
    ended = connection.execute(sa.select(*columns).where(over)).all()
    for row in ended:
        if row.state == "sent":
            end_call(connection, row.call_id, "in_doubt", now)
            continue
        end_call(connection, row.call_id, "given_back", now)
        scopes = budgets.scopes_of(row.opened_at, row.run_id)
        budgets.settle(connection, scopes, reserved=row.reserved_nano_usd, cost=0)
    return len(ended)


def end_call(
    connection: sa.Connection,
    call_id: str,
    state: str,
    now: datetime,
    error: str | None = None,
) -> None:
    """Close a call in `state` and let go of its codes."""
    values = {"state": state, "closed_at": now, "error": error}
    connection.execute(sa.update(call).where(call.c.call_id == call_id).values(values))
    items = sa.update(call_item).where(call_item.c.call_id == call_id, call_item.c.open)
    connection.execute(items.values(open=False))


def renew(connection: sa.Connection, owner: str, now: datetime) -> None:
    """Show that `owner` lives: its claims hold for another lease."""
    held = sa.update(call).where(call.c.owner == owner, call.c.state.in_(HELD))
    connection.execute(held.values(lease_until=now + LEASE))
