"""The past of codes that are asked again: answers that did not stand, replies that were lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call, call_item
from facets_pipeline.domain.codes import Code

LOST_TOGETHER = 2
"""Lost replies after which a code is asked alone: one is chance, and asking together is cheaper."""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to one code before, under one recipe and descriptor.

    Attributes:
        attempts: Answers that did not stand.
        lost: Replies that never came.
        detail: What was wrong with the last answer.
    """

    attempts: int = 0
    lost: int = 0
    detail: str = ""

    @property
    def is_asked_alone(self) -> bool:
        """Whether it could harm its neighbours."""
        return self.attempts > 0 or self.lost >= LOST_TOGETHER


NO_PAST = Past()


def pasts(connection: sa.Connection, recipe_id: str, codes: Sequence[Code]) -> dict[str, Past]:
    """Return the past of those of `codes`, all of one system, that have one.

    Calls in doubt because their process died say nothing about their codes: they do not count.
    """
    hashes = {code.code: code.descriptor_hash for code in codes}
    item = call_item.c
    was_lost = sa.and_(call.c.state == "in_doubt", call.c.error.is_not(None))
    query = (
        sa.select(item.code, item.descriptor_hash, item.problem, item.detail)
        .join(call, call.c.call_id == item.call_id)
        .where(
            item.code_system == codes[0].code_system,
            item.code.in_(list(hashes)),
            item.recipe_id == recipe_id,
            sa.or_(item.problem.is_not(None), was_lost),
        )
        .order_by(item.item_id)
    )
    found: dict[str, Past] = {}
    for row in connection.execute(query):
        if row.descriptor_hash != hashes[row.code]:
            continue
        past = found.get(row.code, NO_PAST)
        if row.problem is None:
            found[row.code] = replace(past, lost=past.lost + 1)
        else:
            found[row.code] = replace(past, attempts=past.attempts + 1, detail=row.detail)
    return found
