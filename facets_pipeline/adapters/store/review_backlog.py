"""How much waits for a person: counted on the flat table, where decisions have had their say."""

from dataclasses import dataclass
from datetime import datetime

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
        waiting: Of these, codes in review or with a facet in doubt.
        oldest: When the oldest of them was heard, in UTC; None if there is none.
        codes: The first of them, in order.
    """

    code_system: str
    rows: int
    waiting: int
    oldest: datetime | None
    codes: tuple[str, ...]

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
    of_system = columns.code_system == code_system
    waits = columns.status == Status.IN_REVIEW.value
    if "in_doubt" in columns:
        waits = sa.or_(waits, columns.in_doubt > 0)
    with database.read() as connection:
        rows = connection.execute(sa.select(sa.func.count()).where(of_system)).scalar_one()
        counted = sa.select(sa.func.count().label("waiting"), sa.func.min(columns.updated_at))
        waiting, oldest = connection.execute(counted.where(of_system, waits)).one()
        first = sa.select(columns.code).where(of_system, waits).order_by(columns.code).limit(most)
        codes = tuple(connection.execute(first).scalars())
    return ReviewBacklog(code_system, rows, waiting, oldest, codes)
