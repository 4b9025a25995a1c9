"""How much waits for a person: counted on the flat table, where decisions have had their say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.domain.validation import Status


@dataclass(frozen=True, slots=True)
class ReviewBacklog:
    """The codes of one code system that a person should look at.

    Attributes:
        code_system: The system.
        rows: Active codes of it.
        in_review: Of these, codes without a valid answer.
        in_doubt: Of these, codes with a valid answer and a facet that may be wrong.
        oldest: When the oldest of them was heard, in UTC; None if there is none.
        codes: The first of them, in order.
    """

    code_system: str
    rows: int
    in_review: int
    in_doubt: int
    oldest: datetime | None
    codes: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """Codes that a person should look at."""
        return self.in_review + self.in_doubt

    @property
    def share(self) -> float:
        """Share (0 to 1) of the codes; 0 without codes."""
        return self.waiting / self.rows if self.rows else 0.0


def review_backlog(
    database: Database, flat: FlatTable, code_system: str, most: int
) -> ReviewBacklog:
    """Count what waits for a person, and name up to `most` codes; the flat table must be fresh."""
    flat.ensure()
    columns = flat.table.c
    keys = waiting_keys(flat.table, code_system).subquery()
    with database.read() as connection:
        rows = in_review = in_doubt = 0
        for status, doubted, count in connection.execute(_states(flat.table, code_system)):
            rows += count
            in_review += count if status == Status.IN_REVIEW.value else 0
            in_doubt += count if doubted and status != Status.IN_REVIEW.value else 0
        oldest = sa.select(sa.func.min(columns.updated_at)).where(
            columns.code_system == code_system, columns.code.in_(sa.select(keys.c.code))
        )
        first = sa.select(keys.c.code).order_by(keys.c.code).limit(most)
        return ReviewBacklog(
            code_system=code_system,
            rows=rows,
            in_review=in_review,
            in_doubt=in_doubt,
            oldest=connection.execute(oldest).scalar_one(),
            codes=tuple(connection.execute(first).scalars()),
        )


def waiting_keys(table: sa.Table, code_system: str | None) -> sa.Select[Any, Any]:
    """Return the query of system and code of every row that waits for a person.

    An index holds all that it looks at: rows are wide, and nearly none of them wait.
    """
    columns = table.alias("waiting").c
    waits = sa.or_(columns.status == Status.IN_REVIEW.value, columns.in_doubt > 0)
    keys = sa.select(columns.code_system, columns.code).where(waits)
    return keys if code_system is None else keys.where(columns.code_system == code_system)


def _states(table: sa.Table, code_system: str) -> sa.Select[Any, Any, int]:
    """Return the query of how many rows have which state and how many facets in doubt."""
    columns = table.c
    return (
        sa.select(columns.status, columns.in_doubt, sa.func.count())
        .where(columns.code_system == code_system)
        .group_by(columns.status, columns.in_doubt)
    )
