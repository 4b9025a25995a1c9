"""Queries of what a run did for each chunk of a code system; `cells` runs them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call, call_item, code_history, outcome
from facets_pipeline.domain.outcomes import Outcome


def spending(code_system: str, run_id: str) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of what a run spent on each chunk; calls are shared out over codes."""

    def share(column: sa.ColumnElement[int] | sa.Column[int]) -> sa.ColumnElement[float]:
        return sa.func.sum(sa.cast(column, sa.Float) / call.c.codes)

    return (
        sa.select(
            code_history.c.chunk,
            sa.func.count(call_item.c.code.distinct()).label("asked"),
            sa.func.count(call.c.call_id.distinct()).label("calls"),
            sa.func.min(_message(call.c.sent_at)).label("first"),
            sa.func.max(_message(call.c.closed_at)).label("last"),
            share(call.c.input_tokens).label("input_tokens"),
            share(call.c.cache_read_tokens).label("cache_read_tokens"),
            share(call.c.cache_write_tokens).label("cache_write_tokens"),
            share(call.c.output_tokens).label("output_tokens"),
            share(sa.func.coalesce(call.c.cost_nano_usd, 0)).label("nano_usd"),
            total(call.c.cost_nano_usd.is_(None)).label("unknown"),
        )
        .select_from(call)
        .join(call_item, call_item.c.call_id == call.c.call_id)
        .join(code_history, _known_as(call_item))
        .where(
            call.c.run_id == run_id,
            call.c.state == "answered",
            call_item.c.code_system == code_system,
        )
        .group_by(code_history.c.chunk)
    )


def _message(moment: sa.Column[datetime]) -> sa.ColumnElement[datetime]:
    # A batch lies at the API for hours: the time between would say nothing of its speed.
    return sa.case((call.c.mode == "messages", moment), else_=None)


def repaired(code_system: str, run_id: str) -> sa.Select[str, int]:
    """Return the query of how many codes of each chunk a run answered only after a repair."""
    return (
        sa.select(code_history.c.chunk, sa.func.count())
        .select_from(outcome)
        .join(call, call.c.call_id == outcome.c.call_id)
        .join(code_history, _known_as(outcome))
        .where(
            call.c.run_id == run_id,
            outcome.c.code_system == code_system,
            outcome.c.status == Outcome.ANSWERED.value,
            outcome.c.attempts > 1,
        )
        .group_by(code_history.c.chunk)
    )


def _known_as(named: sa.Table) -> sa.ColumnElement[bool]:
    """Return the condition that joins a table of codes with what is known of each now."""
    return sa.and_(
        code_history.c.code_system == named.c.code_system,
        code_history.c.code == named.c.code,
        code_history.c.until_release.is_(None),
    )


def total(condition: sa.ColumnElement[bool]) -> sa.Function[int]:
    """Return how many rows meet `condition`."""
    return sa.func.sum(sa.case((condition, 1), else_=0))
