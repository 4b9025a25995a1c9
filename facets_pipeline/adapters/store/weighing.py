"""How far second opinions are to be trusted in a store: all its answers compared with them.

Belongs here: going through the codes of a system once, before its rows are derived. What the
comparison means is `domain/reliability`, what follows from it `domain/reconciliation`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import counts_on, in_force, page_of_codes
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import outcome, recipe
from facets_pipeline.adapters.store.second_opinions import opinions_on
from facets_pipeline.domain.bases import open_facets
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.differences import Difference
from facets_pipeline.domain.heard import Backing, Heard, best_of
from facets_pipeline.domain.opinions import Opinion, answer_of
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.reconciliation import (
    REVIEW_SHARE,
    Reconcile,
    Weighing,
    people_are_asked,
)
from facets_pipeline.domain.reliability import Comparison
from facets_pipeline.engine.choice import AskFor


@dataclass(frozen=True, slots=True)
class Backings:
    """What second opinions may do in a code system.

    Attributes:
        weighing: How they are weighed against answers; None where answers stand alone.
        ask: Which codes are asked.
    """

    weighing: Weighing | None
    ask: AskFor

    def of(self, second: Opinion | None, codebook: Codebook) -> Backing | None:
        """Return the backing of a code with this second opinion."""
        if second is None:
            return None
        is_enough = self.ask is AskFor.UNDECIDED and not open_facets(second, codebook.category.name)
        return Backing(second, self.weighing, is_enough=is_enough)


def weigh(
    connection: sa.Connection,
    codebook: Codebook,
    code_system: str,
    day: date,
) -> Backings:
    """Compare every answer of `code_system` with its second opinion, which must be fresh."""
    active = active_on(connection, code_system)
    ask = AskFor.ALL if active is None else active.ask
    if active is None or active.reconcile is Reconcile.CLAUDE:
        return Backings(None, ask)
    if not _is_answered_by_a_model(connection, code_system):
        # Rules agree with themselves: that says nothing about them.
        return Backings(Weighing(), ask)
    comparison = Comparison(codebook.category.name)
    # Codes differ in the same few ways: each way is kept once, however many codes there are.
    ways: dict[tuple[Difference, ...], tuple[Difference, ...]] = {}
    differing: dict[str, tuple[Difference, ...]] = {}
    in_review = 0
    for code, heard, second in _answers(connection, code_system, day):
        in_review += heard.outcome is Outcome.IN_REVIEW
        if heard.opinion is None:
            continue
        found = comparison.add(codebook.complete(answer_of(heard.opinion)), second)
        if found and heard.outcome is Outcome.ANSWERED:
            differing[code.code] = ways.setdefault(found, found)
    reliability = comparison.result()
    most = int(REVIEW_SHARE * counts_on(connection, code_system, day).active) - in_review
    return Backings(Weighing(reliability, people_are_asked(differing, reliability, most)), ask)


def _answers(
    connection: sa.Connection, code_system: str, day: date
) -> Iterator[tuple[Code, Heard, Opinion]]:
    """Yield the codes whose row shows what a model said of its present descriptor."""
    active, after = active_on(connection, code_system), ""
    conditions = in_force(code_system, day)
    while codes := page_of_codes(connection, conditions, after):
        heard = hear(connection, code_system, codes, active)
        second = opinions_on(connection, code_system, [code.code for code in codes])
        for code in codes:
            best = best_of(heard[code.code].current, heard[code.code].earlier)
            if best is None or best.annotator == "rules" or not best.same_text:
                continue
            if code.code in second:
                yield code, best, second[code.code]
        after = codes[-1].code


def _is_answered_by_a_model(connection: sa.Connection, code_system: str) -> bool:
    query = sa.select(
        sa.exists().where(
            outcome.c.code_system == code_system,
            recipe.c.recipe_id == outcome.c.recipe_id,
            recipe.c.annotator != "rules",
        )
    )
    return bool(connection.execute(query).scalar_one())
