"""Which codes a release added, changed, dropped: the names behind its counts. Reads only."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import code_history
from facets_pipeline.domain.releases import Change

Sample = Mapping[Change, Sequence[tuple[str, str]]]
"""Change to codes with their descriptors."""


def release_changes(database: Database, release_id: int, most: int) -> Sample:
    """Return up to `most` codes with their descriptors for each change that a release made."""
    after, before = code_history, code_history.alias("before")
    changed = before.c.descriptor_hash != after.c.descriptor_hash
    kinds = {
        Change.ADDED: (before.c.code.is_(None),),
        Change.CHANGED: (changed, after.c.absent.is_(False), before.c.absent.is_(False)),
        Change.ABSENT: (after.c.absent.is_(True),),
        Change.RETURNED: (after.c.absent.is_(False), before.c.absent.is_(True)),
    }
    text = sa.func.coalesce(
        sa.func.nullif(after.c.long_descriptor, ""), after.c.short_descriptor
    ).label("text")
    same_code = sa.and_(
        before.c.code_system == after.c.code_system,
        # Follows from the code, but leads to the index: without it each code is looked for in all.
        before.c.chunk == after.c.chunk,
        before.c.code == after.c.code,
        before.c.until_release == release_id,
    )
    found: dict[Change, list[tuple[str, str]]] = {}
    with database.read() as connection:
        for change, conditions in kinds.items():
            query = (
                sa.select(after.c.code, text)
                .outerjoin(before, same_code)
                .where(after.c.from_release == release_id, *conditions)
                .order_by(after.c.code)
                .limit(most)
            )
            rows = [(row.code, row.text) for row in connection.execute(query)]
            if rows:
                found[change] = rows
    return found
