"""Budgets: what was spent and what is reserved, per day and per run, in whole nano-dollars.

A call reserves its worst case in every budget that it falls under before it is made, and settles
what it cost when its reply is recorded: spent and reserved together never exceed a limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import budget, call
from facets_pipeline.domain.errors import BudgetError

# Made once, since every call of a run passes here twice.
_RESERVE = (
    sa.update(budget)
    .where(budget.c.scope == sa.bindparam("of_scope"))
    .values(reserved_nano_usd=budget.c.reserved_nano_usd + sa.bindparam("nano_usd"))
    .returning(budget.c.settled_nano_usd, budget.c.reserved_nano_usd)
)
_SETTLE = (
    sa.update(budget)
    .where(budget.c.scope == sa.bindparam("of_scope"))
    .values(
        reserved_nano_usd=budget.c.reserved_nano_usd - sa.bindparam("reserved"),
        settled_nano_usd=budget.c.settled_nano_usd + sa.bindparam("cost"),
    )
)


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that calls fall under.

    Attributes:
        scope: `day:2026-11-24` (UTC) or `run:ID`.
        limit_nano_usd: The limit; None to count without one.
        remedy: How it is raised, for the message.
    """

    scope: str
    limit_nano_usd: int | None
    remedy: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What a budget holds, in nano-dollars."""

    settled: int
    reserved: int


def day_scope(now: datetime) -> str:
    """Return the scope of the day (UTC) of `now`."""
    return f"day:{now.date().isoformat()}"


def scopes_of(opened_at: datetime, run_id: str | None) -> tuple[str, ...]:
    """Return the scopes under which a call that was opened then, for that run, falls."""
    day = day_scope(opened_at)
    return (day,) if run_id is None else (day, f"run:{run_id}")


def scopes_of_call(connection: sa.Connection, call_id: str) -> tuple[str, ...]:
    """Return the scopes under which a call of the ledger falls."""
    query = sa.select(call.c.opened_at, call.c.run_id).where(call.c.call_id == call_id)
    row = connection.execute(query).one()
    return scopes_of(row.opened_at, row.run_id)


def reserve(connection: sa.Connection, budgets: Sequence[Budget], nano_usd: int) -> None:
    """Reserve `nano_usd` in every budget.

    Raises:
        BudgetError: One of them would be exceeded; the transaction must be rolled back.
    """
    for each in budgets:
        wanted = {"of_scope": each.scope, "nano_usd": nano_usd}
        row = connection.execute(_RESERVE, wanted).one_or_none()
        if row is None:
            _make(connection, each.scope)
            row = connection.execute(_RESERVE, wanted).one()
        taken = row.settled_nano_usd + row.reserved_nano_usd
        if each.limit_nano_usd is not None and taken > each.limit_nano_usd:
            kept = Spent(row.settled_nano_usd, row.reserved_nano_usd - nano_usd)
            raise BudgetError(_exceeded(each, kept, nano_usd), each.scope)


def settle(connection: sa.Connection, scopes: Iterable[str], *, reserved: int, cost: int) -> None:
    """Turn a reservation of `reserved` into `cost` in every scope; `cost` 0 gives it back."""
    rows = [{"of_scope": scope, "reserved": reserved, "cost": cost} for scope in scopes]
    connection.execute(_SETTLE, rows)


def spent(connection: sa.Connection, scope: str) -> Spent:
    """Return what `scope` holds; zeros if nothing was ever reserved."""
    query = sa.select(budget.c.settled_nano_usd, budget.c.reserved_nano_usd)
    row = connection.execute(query.where(budget.c.scope == scope)).first()
    return Spent(0, 0) if row is None else Spent(row.settled_nano_usd, row.reserved_nano_usd)


def _make(connection: sa.Connection, scope: str) -> None:
    row = {"scope": scope, "settled_nano_usd": 0, "reserved_nano_usd": 0}
    connection.execute(sa.insert(budget).values(row))


def _exceeded(each: Budget, kept: Spent, nano_usd: int) -> str:
    limit = each.limit_nano_usd or 0
    dollars = [f"${amount / 1e9:,.4f}" for amount in (limit, kept.settled, kept.reserved, nano_usd)]
    return (
        f"The budget {each.scope} of {dollars[0]} is used up: {dollars[1]} spent, {dollars[2]} "
        f"reserved, and the next call may cost {dollars[3]}; {each.remedy}."
    )
