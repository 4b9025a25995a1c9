"""A few rows of the flat table, spread evenly over the codes: enough to get an idea of it."""

import sqlalchemy as sa

Key = tuple[str, str]
"""Code system and code."""


def spread_keys(
    connection: sa.Connection, table: sa.Table, code_system: str | None, number: int
) -> list[Key]:
    """Return the keys of up to `number` rows of `table`, in order.

    From each to the next an index is walked, which no row and no sorting comes into.

    Args:
        connection: A transaction.
        table: The flat table.
        code_system: Only rows of this system; None for all.
        number: How many rows, 1 or more.
    """
    columns = table.c
    order = [columns.code_system, columns.code] if code_system is None else [columns.code]
    ours = sa.true() if code_system is None else columns.code_system == code_system
    total: int = connection.execute(
        sa.select(sa.func.count()).select_from(table).where(ours)
    ).scalar_one()
    step = max(1, total // number)
    query = sa.select(columns.code_system, columns.code).where(ours).order_by(*order).limit(1)
    keys: list[Key] = []
    found = connection.execute(query).first()
    while found is not None and len(keys) < number:
        keys.append((found.code_system, found.code))
        beyond = sa.tuple_(*order) > sa.tuple_(*keys[-1][-len(order) :])
        found = connection.execute(query.where(beyond).offset(step - 1)).first()
    return keys
