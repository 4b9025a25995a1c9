"""Replies that were recorded and never read, since their process died in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.owners import is_dead
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.pasts import pasts
from facets_pipeline.adapters.store.schema import call, call_item, code_history
from facets_pipeline.domain.codes import Code

_ANSWERED = sa.select(call).where(
    call.c.state == "answered", call.c.raw_body.is_not(None), call.c.mode == "messages"
)


@dataclass(frozen=True, slots=True)
class OrphanedReply:
    """A paid answer that waits to be read.

    Attributes:
        call_id: Its call.
        recipe_id: Its recipe.
        body: The raw body.
        codes: What was asked, in order.
        attempts: Code to how often it was answered before.
    """

    call_id: str
    recipe_id: str
    body: str
    codes: tuple[Code, ...]
    attempts: Mapping[str, int]


def orphaned_replies(connection: sa.Connection, now: datetime) -> list[OrphanedReply]:
    """Return the recorded, unread replies of processes that are dead or silent."""
    # From the few open items to their calls: the answered calls are all that ever were. Worded as
    # the index of open items words it, which `open = 1` is not.
    unread = sa.select(call_item.c.call_id).where(sa.text("call_item.open"))
    asked = sorted(set(connection.execute(unread).scalars()))
    rows = [
        row
        for page in pages(asked)
        for row in connection.execute(_ANSWERED.where(call.c.call_id.in_(page)))
    ]
    return [_orphan(connection, row) for row in rows if row.lease_until < now or is_dead(row.owner)]


def _orphan(connection: sa.Connection, row: sa.Row[Any]) -> OrphanedReply:
    codes = _codes(connection, row.call_id)
    past = pasts(connection, row.recipe_id, codes)
    attempts = {code: one.attempts for code, one in past.items()}
    return OrphanedReply(row.call_id, row.recipe_id, row.raw_body, codes, attempts)


def _codes(connection: sa.Connection, call_id: str) -> tuple[Code, ...]:
    history = code_history.c
    item = call_item.c
    newest = (
        sa.select(sa.func.max(history.history_id))
        .where(
            history.code_system == item.code_system,
            history.code == item.code,
            history.descriptor_hash == item.descriptor_hash,
        )
        .correlate(call_item)
        .scalar_subquery()
    )
    query = (
        sa.select(*CODE_COLUMNS)
        .select_from(call_item)
        .join(code_history, history.history_id == newest)
        .where(item.call_id == call_id, item.open)
        .order_by(item.item_id)
    )
    return tuple(Code(*row) for row in connection.execute(query))
