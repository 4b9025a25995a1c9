"""Taking turns: transactions of one kind that read first and write later run one after another.

Two of them at once would choose the same rows, and one would break on a unique key. SQLite has one
writer anyway; on Postgres a transaction takes its turn before it reads.
"""

from enum import IntEnum

import sqlalchemy as sa


class Turn(IntEnum):
    """The kinds of transactions that queue up, each among its own: keys of advisory locks."""

    CLAIM = 0x0FACE75
    LOAD = 0x0FACE76
    CHOICE = 0x0FACE77
    FLAT = 0x0FACE78
    SECOND = 0x0FACE79


def take_turn(connection: sa.Connection, turn: Turn) -> None:
    """Wait until no other transaction has this turn, and keep it until the transaction ends.

    Call it first: what was read before may be out of date when the turn comes.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(turn))))
