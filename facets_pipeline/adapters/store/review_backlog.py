"""How much waits for a person: counted on the flat table, where decisions have had their say."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.row_counts import row_counts
from facets_pipeline.adapters.store.search_index import waits
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
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
    database: Database,
    flat: FlatTable,
    code_system: str,
    most: int,
    codebook: Codebook = CODEBOOK,
) -> ReviewBacklog:
    """Count what waits for a person, and name up to `most` codes; the flat table must be fresh."""
    rows = row_counts(database, flat, code_system, codebook)
    if not rows.waiting:
        return ReviewBacklog(code_system, rows.status.total(), 0, 0, None, ())
    columns = flat.table.c
    waiting = (columns.code_system == code_system, waits(flat.table))
    oldest = sa.select(sa.func.min(columns.updated_at)).where(*waiting)
    first = sa.select(columns.code).where(*waiting).order_by(columns.code).limit(most)
    with database.read() as connection:
        return ReviewBacklog(
            code_system=code_system,
            rows=rows.status.total(),
            in_review=rows.status[Status.IN_REVIEW.value],
            in_doubt=rows.in_doubt,
            oldest=connection.execute(oldest).scalar_one(),
            codes=tuple(connection.execute(first).scalars()),
        )
