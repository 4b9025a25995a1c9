"""How the rows of a code system are spread over states and values: one pass over an index, kept.

The database groups rows by all facets at once: some thousand groups however many codes there are.
Everything that a report counts of the flat table is added up from these.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.kept_figures import kept
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.validation import Status

Group = list[Any]
"""State, facets in doubt, the value of every facet, rows, values given, values decided."""

STANDING = (Status.VALID.value, Status.STALE.value)
"""States of rows whose values count."""


@dataclass(slots=True)
class RowCounts:
    """Counts of the rows of one code system.

    Attributes:
        status: State to number of rows.
        in_doubt: Rows with values of which a person should look at a facet.
        given: Values that answers give.
        decided: Of these, values that a heading or an official source decides.
        values: Facet to value to number of valid and stale rows; None for no value.
    """

    status: Counter[str] = field(default_factory=Counter[str])
    in_doubt: int = 0
    given: int = 0
    decided: int = 0
    values: dict[str, Counter[FacetValue | None]] = field(
        default_factory=dict[str, Counter[FacetValue | None]]
    )

    @property
    def waiting(self) -> int:
        """Rows that a person should look at."""
        return self.status[Status.IN_REVIEW.value] + self.in_doubt

    def ranked(self, facet: str) -> dict[FacetValue, int]:
        """Return the values of `facet` with how many rows have each, most frequent first."""
        known = ((value, rows) for value, rows in self.values[facet].items() if value is not None)
        return dict(sorted(known, key=lambda each: (-each[1], each[0])))


def row_counts(
    database: Database, flat: FlatTable, code_system: str, codebook: Codebook
) -> RowCounts:
    """Count the rows of `code_system` in the flat table, which must be fresh.

    They are counted once for each version of the rows.
    """
    flat.ensure()

    def state(connection: sa.Connection) -> str:
        return f"{flat.version_on(connection, code_system)} {codebook.digest}"

    def count(connection: sa.Connection) -> list[Group]:
        return grouped_rows(connection, flat.table, code_system, codebook)

    return _added_up(kept(database, code_system, "rows", state, count), codebook)


def grouped_rows(
    connection: sa.Connection, table: sa.Table, code_system: str, codebook: Codebook
) -> list[Group]:
    """Return how often each combination of state, doubts and values is found in `table`."""
    columns = table.c
    # The columns of the index for counts, in its order: nothing is sorted, no row is read.
    grouped: list[sa.ColumnElement[Any]]
    grouped = [columns.status, columns.in_doubt, *(columns[name] for name in codebook.names)]
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *grouped, sa.func.count(), sa.func.sum(columns.given), sa.func.sum(columns.decided)
        )
        .where(columns.code_system == code_system)
        .group_by(*grouped)
    )
    return [
        [*said, rows, int(given), int(decided)]
        for *said, rows, given, decided in connection.execute(query)
    ]


def _added_up(groups: Iterable[Group], codebook: Codebook) -> RowCounts:
    found = RowCounts(values={facet: Counter() for facet in codebook.names})
    for status, in_doubt, *values, rows, given, decided in groups:
        found.status[status] += rows
        found.given += given
        found.decided += decided
        if in_doubt and status != Status.IN_REVIEW.value:
            found.in_doubt += rows
        if status in STANDING:
            for facet, value in zip(codebook.names, values, strict=True):
                found.values[facet][value] += rows
    return found
