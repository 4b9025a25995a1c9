"""The codes that wait for a person, in the order in which a look is worth most.

Read from the flat table, where decisions have had their say; it must be fresh. The order is
`domain/review`; how many there are, without reading them, is `review_backlog`.
"""

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.search_index import waits
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.review import Waiting, ranked


def review_queue(
    database: Database,
    flat: FlatTable,
    code_system: str | None = None,
    codebook: Codebook = CODEBOOK,
) -> list[Waiting]:
    """Return every code in review or in doubt, the most pressing first."""
    flat.ensure()
    with database.read() as connection:
        return queue_on(connection, flat.table, code_system, codebook)


def queue_on(
    connection: sa.Connection,
    table: sa.Table,
    code_system: str | None,
    codebook: Codebook,
    most: int | None = None,
) -> list[Waiting]:
    """Return the queue within a transaction, or its first `most`; `table` is the flat table."""
    columns = table.c
    query = sa.select(columns.code_system, columns.code, columns.status, columns.opinions)
    query = query.where(waits(table))
    if code_system is not None:
        query = query.where(columns.code_system == code_system)
    rows = connection.execute(query.execution_options(yield_per=PAGE)).mappings()
    return ranked((dict(row) for row in rows), codebook, most=most)
