"""One trial of a sweep: some codes, asked with so many codes per request, in a store of their own.

Belongs here: making that store, asking through the one door, and reading back what the ledger has.
What the figures mean is in the domain; the next number of codes per request is the command's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from facets_pipeline.adapters.annotators.claude.annotator import (
    ClaudeAnnotator,
    ClaudeOptions,
)
from facets_pipeline.adapters.store import budgets
from facets_pipeline.adapters.store.answers import Answers
from facets_pipeline.adapters.store.schema import call, call_item
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.accuracy import CodeKey
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.opinions import Answer, answer_of
from facets_pipeline.domain.releases import LoadMode, SourceDescription
from facets_pipeline.domain.sweep import Asked, Place, Spending
from facets_pipeline.engine.fill import Progress, silent
from facets_pipeline.engine.ports import Scope

RUN_ID = "sweep"
"""The run under whose budget all calls of a trial's store fall, also those of an earlier sweep."""

Codes = Mapping[str, Sequence[Code]]
"""Code system to the codes that are asked."""

Annotators = Mapping[str, ClaudeAnnotator]
"""Code system to who is asked."""


class TrialStore:
    """The store of one trial.

    Args:
        path: Its SQLite file; what an earlier sweep paid for is in it and is not asked again.
        codes: What is asked.
        annotators: Who is asked.
    """

    def __init__(self, path: Path, codes: Codes, annotators: Annotators) -> None:
        self._store = Store.open(str(path))
        self._codes = codes
        self._annotators = annotators

    def __enter__(self) -> Self:
        """Load the codes.

        Raises:
            StoreError: The store cannot be written.
        """
        for system, codes in self._codes.items():
            _load(self._store, system, codes)
            self._store.recipes.choose(system, self._annotators[system].recipe, reason=RUN_ID)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self._store.close()

    def pending(self, system: str) -> list[Code]:
        """Return the codes that would be asked now."""
        recipe_id = self._annotators[system].recipe.recipe_id
        pages = self._store.ledger.pending_pages(system, recipe_id, self._store.today())
        return [code for page in pages for code in page]

    def ask(
        self, codes_per_request: int, budget_nano_usd: int, *, progress: Progress = silent
    ) -> None:
        """Ask what is pending.

        Args:
            codes_per_request: Codes asked together.
            budget_nano_usd: The most that this store may have cost in the end.
            progress: Called with the figures so far.

        Raises:
            BudgetError: The next call could cost more than is left; what was answered is kept.
            AnnotatorError: Key, model, limits or outage.
        """
        options = ClaudeOptions(
            codes_per_request=codes_per_request, budget_usd=budget_nano_usd / NANO, run_id=RUN_ID
        )
        for system, annotator in self._annotators.items():
            scope = Scope(system, self._store.today())
            annotator.fill(self._store, scope, options, progress=progress)

    def spent_nano(self) -> int:
        """Return what was spent and is reserved, in nano-dollars: calls in doubt at their most."""
        with self._store.database.read() as connection:
            found = budgets.spent(connection, f"run:{RUN_ID}")
        return found.settled + found.reserved

    def asked(self, codebook: Codebook = CODEBOOK) -> Asked:
        """Return what came of asking so far."""
        answers: dict[CodeKey, Answer] = {}
        in_review: set[CodeKey] = set()
        reader = Answers(self._store.database)
        for system, codes in self._codes.items():
            asked = {code.code: code for code in codes}
            recipe_id = self._annotators[system].recipe.recipe_id
            for code, opinion in reader.said(system, asked, recipe_id).items():
                answers[system, code] = codebook.complete(answer_of(opinion))
            in_review |= {(system, code) for code in reader.in_review(system, asked, recipe_id)}
        recipes = [annotator.recipe.recipe_id for annotator in self._annotators.values()]
        with self._store.database.read() as connection:
            places = _places(connection.execute(_items(recipes)).all())
            spending = _spending(connection.execute(_calls(recipes)).all())
        return Asked(answers, frozenset(in_review), places, spending)


@dataclass(frozen=True, slots=True)
class Booking:
    """A sweep's money in the day's budget of the user's own store.

    The trials have stores of their own, but the day's budget is one over all that spend.

    Attributes:
        store: The user's store.
        scope: The day.
        nano_usd: What is reserved.
    """

    store: Store
    scope: str
    nano_usd: int

    @classmethod
    def of(cls, store: Store, nano_usd: int, usd_per_day: float) -> Self:
        """Reserve money for a sweep.

        Raises:
            BudgetError: The day's budget has less left.
        """
        with store.database.write() as connection:
            scope = budgets.day_scope(store.database.now(connection))
            remedy = "raise FACETS_BUDGET_USD_PER_DAY or give a smaller --budget-usd"
            day = budgets.Budget(scope, round(usd_per_day * NANO), remedy)
            budgets.reserve(connection, [day], nano_usd)
        return cls(store, scope, nano_usd)

    def settle(self, cost_nano_usd: int) -> None:
        """Book what the sweep cost, and give the rest back."""
        with self.store.database.write() as connection:
            budgets.settle(connection, [self.scope], reserved=self.nano_usd, cost=cost_nano_usd)


def _load(store: Store, system: str, codes: Sequence[Code]) -> None:
    source = SourceDescription(
        code_system=system,
        location=RUN_ID,
        file=RUN_ID,
        format="codes of another store",
        digest=RUN_ID,
        release="",
        has_dates=False,
        found={},
    )
    store.releases.load(source, codes, mode=LoadMode.FULL, day=store.today())


def _items(recipes: list[str]) -> sa.Select[*tuple[Any, ...]]:
    item = call_item.c
    return (
        sa.select(item.code_system, item.code, item.call_id, item.problem)
        .join(call, call.c.call_id == item.call_id)
        .where(item.recipe_id.in_(recipes), call.c.state == "answered")
        .order_by(call.c.opened_at, item.call_id, item.item_id)
    )


def _places(items: Sequence[Any]) -> dict[CodeKey, Place]:
    by_call: dict[str, list[Any]] = {}
    for item in items:
        by_call.setdefault(item.call_id, []).append(item)
    places: dict[CodeKey, Place] = {}
    for together in by_call.values():
        for index, item in enumerate(together):
            place = Place(index, len(together), stood=item.problem is None)
            places.setdefault((item.code_system, item.code), place)
    return places


def _calls(recipes: list[str]) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(call).where(
        call.c.recipe_id.in_(recipes), call.c.state.in_(("answered", "in_doubt"))
    )


def _spending(calls: Sequence[Any]) -> Spending:
    if not calls:
        return Spending()
    costs = [row.cost_nano_usd for row in calls]
    sent = [row.sent_at for row in calls if row.sent_at is not None]
    closed = [row.closed_at for row in calls if row.closed_at is not None]
    return Spending(
        requests=len(calls),
        input_tokens=sum(row.input_tokens for row in calls),
        cache_read_tokens=sum(row.cache_read_tokens for row in calls),
        cache_write_tokens=sum(row.cache_write_tokens for row in calls),
        output_tokens=sum(row.output_tokens for row in calls),
        nano_usd=None if None in costs else sum(costs),
        seconds=(max(closed) - min(sent)).total_seconds() if sent and closed else 0.0,
    )
