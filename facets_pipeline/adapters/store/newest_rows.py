"""Whether rows were added to an append-only table: its greatest key and how many rows it has."""

import sqlalchemy as sa


def newest_row(
    connection: sa.Connection, key: sa.Column[int], code_system: str
) -> list[int | None]:
    """Return the greatest `key` of the rows of `code_system`, None without any, and their number.

    The number too: on Postgres a row may become visible after one with a greater key.
    """
    ours = key.table.c.code_system == code_system
    # Apart, since an index gives the greatest key at once, but not while it counts.
    greatest = connection.execute(sa.select(sa.func.max(key)).where(ours)).scalar_one()
    count = sa.select(sa.func.count()).select_from(key.table).where(ours)
    return [greatest, connection.execute(count).scalar_one()]
