"""A few rows of the flat table, spread evenly over the codes: enough to get an idea of it."""

from typing import Any

import sqlalchemy as sa


def spread_rows(
    table: sa.Table, code_system: str | None, number: int
) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of up to `number` rows of `table`, in order.

    Args:
        table: The flat table.
        code_system: Only rows of this system; None for all.
        number: How many rows.
    """
    columns = table.c
    place = sa.func.row_number().over(order_by=(columns.code_system, columns.code))
    # Keys alone are numbered: whole rows would be sorted as well.
    numbered = sa.select(
        columns.code_system,
        columns.code,
        place.label("place"),
        sa.func.count().over().label("total"),
    )
    if code_system is not None:
        numbered = numbered.where(columns.code_system == code_system)
    found = numbered.subquery()
    step = sa.case((found.c.total < number, 1), else_=found.c.total // number)
    chosen = (
        sa.select(found.c.code_system, found.c.code)
        .where((found.c.place - 1) % step == 0)
        .order_by(found.c.place)
        .limit(number)
        .subquery()
    )
    return (
        sa.select(table)
        .join(
            chosen,
            sa.and_(columns.code_system == chosen.c.code_system, columns.code == chosen.c.code),
        )
        .order_by(columns.code_system, columns.code)
    )
