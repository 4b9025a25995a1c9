"""Rows that count as valid, held against the codebook once more; kept until rows change.

The table is derived, so that only a hand could break it, and no version tells of that. What tells
is how often each combination of values is found, which is counted every time: the rows are read
again whenever that has changed. Only two codes that swapped all their values would not show.
"""

import hashlib

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.kept_figures import kept
from facets_pipeline.adapters.store.row_counts import grouped_rows
from facets_pipeline.domain.audit import broken_rows
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK

AUDITED_BY = "1"
"""Version of the rules as code; raise it when a row can break them that did not before."""


def broken_codes(
    database: Database, flat: FlatTable, code_system: str, codebook: Codebook = CODEBOOK
) -> list[str]:
    """Return the codes whose rows count as valid and break the codebook."""
    flat.ensure()

    def state(connection: sa.Connection) -> str:
        groups = sorted(map(repr, grouped_rows(connection, flat.table, code_system, codebook)))
        found = hashlib.sha256("\n".join(groups).encode()).hexdigest()
        version = flat.version_on(connection, code_system)
        return f"{AUDITED_BY} {codebook.digest} {version} {found}"

    def count(connection: sa.Connection) -> list[str]:
        return broken_rows(flat.answers_on(connection, code_system), codebook)

    return kept(database, code_system, "broken", state, count)
