"""Figures per partition cell (code system and chunk): what Dagster shows of a partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.cell_spending import repaired, spending, total
from facets_pipeline.adapters.store.codes import in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.kept_figures import kept, kept_on
from facets_pipeline.adapters.store.ledger_state import ledger_state
from facets_pipeline.adapters.store.pending import is_not_asked, newest_outcome
from facets_pipeline.adapters.store.recipes import ActiveRecipe, active_on
from facets_pipeline.adapters.store.schema import call, code_history, outcome
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.ports import Scope

_CELLS: Final = "cells"
"""Under this name they are kept."""


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One partition under the active recipe.

    Attributes:
        code_system: Its system.
        chunk: Its chunk.
        codes: Active codes.
        answered: Codes with a valid answer.
        in_review: Codes that a person should look at.
        newest_outcome: Key of the newest outcome; 0 if there is none.
        recipe_id: The active recipe; empty if none was chosen.
    """

    code_system: str
    chunk: str
    codes: int
    answered: int
    in_review: int
    newest_outcome: int
    recipe_id: str

    @property
    def pending(self) -> int:
        """Active codes without an outcome."""
        return self.codes - self.answered - self.in_review

    @property
    def version(self) -> str:
        """Changes whenever the cell's content does."""
        counts = f"{self.codes}/{self.answered}/{self.in_review}"
        return f"{self.recipe_id[:12]}:{counts}:{self.newest_outcome}"


@dataclass(frozen=True, slots=True)
class CellSpending:
    """What one run spent on a partition; a call's tokens and cost are shared out over its codes.

    Attributes:
        asked: Codes that were asked, those whose answer did not stand too.
        repaired: Codes with a valid answer whose first answer did not stand.
        calls: Calls that asked about codes of it; one may belong to two partitions.
        seconds: From the first message sent to the last reply; None if none was sent.
        input_tokens: Input tokens at full price.
        cache_read_tokens: Input tokens read from the cache.
        cache_write_tokens: Input tokens written to it.
        output_tokens: Output tokens, thinking included.
        nano_usd: Cost in nano-dollars; None if a price is not known.
    """

    asked: int = 0
    repaired: int = 0
    calls: int = 0
    seconds: float | None = None
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int | None = 0


class Cells:
    """Counts partition cells of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_system(self, code_system: str, day: date) -> dict[str, CellFigures]:
        """Return the figures of every chunk of `code_system`, by chunk."""
        found = kept(
            self._database,
            code_system,
            _CELLS,
            partial(ledger_state, code_system=code_system, day=day),
            partial(_counted, code_system=code_system, day=day),
        )
        return _cells(code_system, found)

    def incomplete(self, code_system: str, day: date) -> list[CellFigures]:
        """Return the cells of `code_system` with pending codes."""
        return [cell for cell in self.of_system(code_system, day).values() if cell.pending]

    def spent(self, code_system: str, run_id: str) -> dict[str, CellSpending]:
        """Return what the run `run_id` spent on each chunk of `code_system`, by chunk."""
        asked = sa.select(sa.exists().where(call.c.run_id == run_id))
        with self._database.read() as connection:
            # A run that asked nothing is known without looking at what others asked.
            if not connection.execute(asked).scalar_one():
                return {}
            rows = connection.execute(spending(code_system, run_id)).all()
            mended: dict[str, int] = dict(connection.execute(repaired(code_system, run_id)).all())
        return {
            row.chunk: CellSpending(
                asked=row.asked,
                repaired=mended.get(row.chunk, 0),
                calls=row.calls,
                seconds=None if row.first is None else (row.last - row.first).total_seconds(),
                input_tokens=round(row.input_tokens),
                cache_read_tokens=round(row.cache_read_tokens),
                cache_write_tokens=round(row.cache_write_tokens),
                output_tokens=round(row.output_tokens),
                nano_usd=None if row.unknown else round(row.nano_usd),
            )
            for row in rows
        }

    def of_chunk(self, code_system: str, chunk: str, day: date) -> CellFigures:
        """Return the figures of one cell; zeros if it has no active code."""
        with self._database.read() as connection:
            found = _counted(connection, code_system, day, chunk)
        return _cells(code_system, found)[chunk]


def is_settled(connection: sa.Connection, scope: Scope, recipe_id: str | None = None) -> bool:
    """Tell whether it is known, without looking at a code, that nothing of `scope` is pending.

    False says nothing: the cells may not have been counted since something was written. Under the
    active recipe, the only one that cells are counted under, also where `recipe_id` is None.
    """
    active = active_on(connection, scope.code_system)
    if active is None or recipe_id not in (None, active.recipe_id):
        return False
    if scope.ask is AskFor.ALL and active.ask is not AskFor.ALL:
        return False
    state = ledger_state(connection, scope.code_system, scope.day)
    found = kept_on(connection, scope.code_system, _CELLS, state)
    if found is None:
        return False
    cells = _cells(scope.code_system, found)
    wanted = cells.values() if scope.chunk is None else [cells[scope.chunk]]
    return not any(cell.pending for cell in wanted)


def _counted(
    connection: sa.Connection, code_system: str, day: date, chunk: str | None = None
) -> dict[str, Any]:
    active = active_on(connection, code_system)
    rows = connection.execute(_counts(code_system, day, active, chunk))
    chunks = {
        row.chunk: [
            row.codes,
            int(row.answered or 0),
            int(row.in_review or 0),
            int(row.newest or 0),
        ]
        for row in rows
    }
    return {"recipe": active.recipe_id if active is not None else "", "chunks": chunks}


def _cells(code_system: str, found: Mapping[str, Any]) -> dict[str, CellFigures]:
    counts = ((chunk, found["chunks"].get(chunk, (0, 0, 0, 0))) for chunk in CHUNKS)
    return {
        chunk: CellFigures(
            code_system=code_system,
            chunk=chunk,
            codes=codes,
            answered=answered,
            in_review=in_review,
            newest_outcome=newest,
            recipe_id=found["recipe"],
        )
        for chunk, (codes, answered, in_review, newest) in counts
    }


def _counts(
    code_system: str, day: date, active: ActiveRecipe | None, chunk: str | None = None
) -> sa.Select[*tuple[Any, ...]]:
    history = code_history.c
    conditions = in_force(code_system, day)
    if chunk is not None:
        conditions = (*conditions, history.chunk == chunk)
    # A code that is not asked, because its second opinion is enough, counts as answered.
    not_asked = is_not_asked(Scope(code_system, day)).label("not_asked")
    codes = (
        sa.select(history.chunk, newest_outcome(active).label("outcome_id"), not_asked)
        .where(*conditions)
        .subquery()
    )
    answered = sa.or_(
        outcome.c.status == Outcome.ANSWERED.value,
        sa.and_(codes.c.outcome_id.is_(None), codes.c.not_asked),
    )
    return (
        sa.select(
            codes.c.chunk,
            sa.func.count().label("codes"),
            total(answered).label("answered"),
            total(outcome.c.status == Outcome.IN_REVIEW.value).label("in_review"),
            sa.func.max(outcome.c.outcome_id).label("newest"),
        )
        .select_from(codes)
        .outerjoin(outcome, outcome.c.outcome_id == codes.c.outcome_id)
        .group_by(codes.c.chunk)
        .order_by(codes.c.chunk)
    )
