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
    of_system = columns.code_system == code_system
    is_reviewed = columns.status == Status.IN_REVIEW.value
    is_doubted = sa.and_(~is_reviewed, columns.in_doubt > 0)
    waits = sa.or_(is_reviewed, is_doubted)
    with database.read() as connection:
        found = connection.execute(
            sa.select(
                sa.func.count().label("rows"),
                _total(is_reviewed).label("in_review"),
                _total(is_doubted).label("in_doubt"),
                sa.func.min(sa.case((waits, columns.updated_at), else_=None)).label("oldest"),
            ).where(of_system)
        ).one()
        first = sa.select(columns.code).where(of_system, waits).order_by(columns.code).limit(most)
        codes = tuple(connection.execute(first).scalars())
    return ReviewBacklog(
        code_system, found.rows, found.in_review, found.in_doubt, found.oldest, codes
    )


def _total(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
