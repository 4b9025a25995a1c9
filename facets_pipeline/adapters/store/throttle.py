"""The shared throttle: one row per model, moved on by one statement per grant.

Functions work in a write transaction of the caller, so that a grant can be made together with a
claim; `StoreThrottle` opens its own. The policy is explained in `engine.throttle`.

All moments in the row are seconds since the epoch on the store's clock: the server's on Postgres,
so that hosts may disagree; this host's on SQLite. When that clock is set back, the whole row moves
back with it: nobody waits for a time that was wrong, and what is granted stays counted.

On Postgres the row stays locked until the transaction ends: reserve last.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import rate_limit
from facets_pipeline.adapters.store.throttle_statements import (
    CREATE,
    LEARN,
    LONGEST_STRETCH_SECONDS,
    PAUSE,
    RESERVE,
    SETTLE,
    statement,
)
from facets_pipeline.engine.throttle import (
    BURST_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SHARE,
    Cost,
    Grant,
    Limits,
)

Clock = Callable[[], float]
"""Seconds since the epoch; tests pass one, all others leave the store's own."""

NOTHING_KNOWN: Final = Limits()


def reserve(
    connection: sa.Connection,
    model: str,
    cost: Cost,
    cap_rpm: float | None = None,
    *,
    clock: Clock | None = None,
) -> Grant:
    """Book the next free start of a call; see `Throttle.reserve`.

    Raises:
        ValueError: The cap is not positive.
    """
    if cap_rpm is not None and cap_rpm <= 0:
        raise ValueError(f"The cap {cap_rpm!r} lets nothing start: give requests per minute, > 0.")
    values = {**_units(cost), "minute": 60 / SHARE, "burst": BURST_SECONDS, "cap": cap_rpm}
    row = _move(connection, model, RESERVE, values, clock)
    known = _limits(
        row.requests_per_minute, row.input_tokens_per_minute, row.output_tokens_per_minute
    )
    return Grant(
        wait_seconds=float(row.granted_start - row.seen_at),
        start=float(row.granted_start),
        limits=known,
        known=known.requests is not None or cap_rpm is not None,
        paused_seconds=float(row.paused_seconds),
    )


def recheck(connection: sa.Connection, model: str, grant: Grant) -> Grant:
    """Return a grant with the pauses since then as its wait; reads only."""
    query = sa.select(rate_limit.c.paused_seconds).where(rate_limit.c.name == model)
    paused = connection.execute(query).scalar() or 0.0
    added = max(0.0, paused - grant.paused_seconds)
    return replace(grant, wait_seconds=added, start=grant.start + added, paused_seconds=paused)


def settle(
    connection: sa.Connection,
    model: str,
    estimated: Cost,
    actual: Cost,
    *,
    clock: Clock | None = None,
) -> None:
    """Correct the tokens of a call whose real use is known; see `Throttle.settle`."""
    more = _units(actual)
    for kind, units in _units(estimated).items():
        more[kind] -= units
    del more["requests"]
    if any(more.values()):
        _move(connection, model, SETTLE, {**more, "minute": 60 / SHARE}, clock)


def pause(
    connection: sa.Connection, model: str, seconds: float, *, clock: Clock | None = None
) -> None:
    """Let no call of any process start for `seconds`; see `Throttle.pause`."""
    bounded = min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)
    _move(connection, model, PAUSE, {"seconds": bounded}, clock)


def learn(
    connection: sa.Connection,
    model: str,
    said: Limits,
    known: Limits = NOTHING_KNOWN,
    *,
    source: str = "headers",
    clock: Clock | None = None,
) -> Limits:
    """Take over limits that were told, and return all that are known now.

    Args:
        connection: A write transaction; nothing is written where nothing is new.
        model: Whose limits.
        said: What was told; None keeps what is known.
        known: What this process knew before: the limits of its last grant. Left out, whatever was
            told counts as new.
        source: Who told it.
        clock: For tests.
    """
    updated = known.updated(said)
    if updated != known:
        values = {
            "requests": said.requests,
            "input": said.input_tokens,
            "output": said.output_tokens,
            "source": source,
            "longest": LONGEST_STRETCH_SECONDS,
        }
        _move(connection, model, LEARN, values, clock)
    return updated


def limits(connection: sa.Connection, model: str) -> Limits:
    """Return the limits that the store knows; of a model never asked, none."""
    columns = rate_limit.c
    query = sa.select(
        columns.requests_per_minute,
        columns.input_tokens_per_minute,
        columns.output_tokens_per_minute,
    ).where(columns.name == model)
    row = connection.execute(query).one_or_none()
    return Limits() if row is None else _limits(*row)


class StoreThrottle:
    """The throttle of one process on a store, each step in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Limits] = {}

    def reserve(self, model: str, cost: Cost, cap_rpm: float | None = None) -> Grant:
        """Book the next free start of a call."""
        with self._database.write() as connection:
            grant = reserve(connection, model, cost, cap_rpm)
        self._known[model] = grant.limits
        return grant

    def recheck(self, model: str, grant: Grant) -> Grant:
        """Return a grant with the pauses since then as its wait."""
        with self._database.read() as connection:
            return recheck(connection, model, grant)

    def settle(self, model: str, estimated: Cost, actual: Cost) -> None:
        """Correct the tokens of a call whose real use is known."""
        with self._database.write() as connection:
            settle(connection, model, estimated, actual)

    def pause(self, model: str, seconds: float) -> None:
        """Let no call of any process start for `seconds`."""
        with self._database.write() as connection:
            pause(connection, model, seconds)

    def learn(self, model: str, said: Limits) -> Limits:
        """Take over limits that a reply told; a transaction only if they are new here."""
        known = self._known.get(model, Limits())
        if known.updated(said) != known:
            with self._database.write() as connection:
                self._known[model] = learn(connection, model, said, known)
        return self._known.get(model, known)

    def limits(self, model: str) -> Limits:
        """Return the limits that the store knows."""
        with self._database.read() as connection:
            return limits(connection, model)


def _units(cost: Cost) -> dict[str, float]:
    return {
        "requests": float(cost.requests),
        "input": float(cost.input_tokens),
        "output": float(cost.output_tokens),
    }


def _limits(*stored: float | None) -> Limits:
    # SQLite gives a whole number back as an integer.
    return Limits(*(None if limit is None else float(limit) for limit in stored))


def _move(
    connection: sa.Connection,
    model: str,
    text: str,
    values: Mapping[str, float | str | None],
    clock: Clock | None,
) -> sa.Row[Any]:
    """Run a statement on the row of a model, which is made when it is first used."""
    dialect = connection.dialect.name
    bound: dict[str, float | str | None] = {**values, "name": model}
    if clock is None and dialect == "sqlite":
        clock = time.time
    if clock is not None:
        bound["now"] = clock()
    chosen = statement(text, dialect, own_clock=clock is None)
    row = connection.execute(chosen, bound).one_or_none()
    if row is None:
        connection.execute(sa.text(CREATE), {"name": model})
        row = connection.execute(chosen, bound).one()
    return row
