"""The trials of a sweep together: which codes all of them ask, under one budget, and their figures.

One trial and its store are in `sweeping`; what the figures mean is the domain's (`sweep`).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.adapters.store.answers import Answers
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.adapters.sweeping import Booking, TrialStore
from facets_pipeline.domain.accuracy import Gold
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError, SourceError
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.sweep import Asked, Trial, trial_of
from facets_pipeline.engine.fill import Progress

Trials = Mapping[int, TrialStore]
"""Codes per request to the store of that trial, in the order of the trials."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The codes that every trial asks, and their labels.

    Attributes:
        codes: Code system to its codes, in order.
        labels: The right value of each labelled cell.
        issues: What the gold files had besides: kind to how many.
    """

    codes: Mapping[str, Sequence[Code]]
    labels: Gold
    issues: Mapping[str, int]

    @property
    def number(self) -> int:
        """How many codes there are."""
        return sum(map(len, self.codes.values()))


def draw(store: Store, gold: Sequence[Path], number: int, code_system: str | None) -> Drawn:
    """Draw up to `number` labelled codes that are active: always the same ones.

    Args:
        store: Where the codes are.
        gold: Files of labels.
        number: The most codes.
        code_system: Only codes of this system; None for all.

    Raises:
        SourceError: A file cannot be read, or none of its codes is active in the store.
    """
    labels = read_gold(gold).labels
    wanted = {key for key in labels.codes if code_system in (None, key[0])}
    reader = Answers(store.database)
    found = [
        code
        for system in sorted({key[0] for key in wanted})
        for code in reader.codes(
            system, store.today(), [name for of, name in wanted if of == system]
        ).values()
    ]
    if not found:
        raise SourceError(
            f"None of the {len(wanted)} codes of the gold file is an active code of the store: "
            f"load the file that has them with `facets load`."
        )
    by_system: dict[str, list[Code]] = {}
    drawn = sorted(found, key=_place)[:number]
    for code in sorted(drawn, key=lambda code: (code.code_system, code.code)):
        by_system.setdefault(code.code_system, []).append(code)
    keys = {(code.code_system, code.code) for code in drawn}
    values = {cell: value for cell, value in labels.values.items() if cell[:2] in keys}
    issues = {**labels.counts, "not_in_store": len(wanted) - len(found)}
    return Drawn(by_system, values, {rule: count for rule, count in issues.items() if count})


def ask_all(
    store: Store,
    trials: Trials,
    budget_usd: float,
    usd_per_day: float,
    progress: Callable[[int], Progress],
) -> AnnotatorError | None:
    """Ask trial by trial; return what ended it before its time, None if nothing did.

    Args:
        store: The user's store, whose budget of the day holds.
        trials: The trials.
        budget_usd: Most dollars for all of them together, earlier sweeps included.
        usd_per_day: Most dollars for the day.
        progress: Returns what is called with the figures of a trial so far.

    Raises:
        BudgetError: The day has less left than the sweep may spend.
    """
    budget, before = round(budget_usd * NANO), _spent(trials)
    booking = Booking.of(store, max(0, budget - before), usd_per_day)
    try:
        for size, trial in trials.items():
            others = _spent(trials) - trial.spent_nano()
            trial.ask(size, budget - others, progress=progress(size))
    except AnnotatorError as error:
        return error
    finally:
        booking.settle(_spent(trials) - before)
    return None


def measured(trials: Trials, drawn: Drawn) -> list[Trial]:
    """Return the figures of every trial, each compared with the first."""
    keys = [(code.code_system, code.code) for codes in drawn.codes.values() for code in codes]
    found: list[Trial] = []
    first: Asked | None = None
    for size, trial in trials.items():
        asked = trial.asked()
        found.append(trial_of(size, keys, drawn.labels, asked, first))
        first = first or asked
    return found


def _spent(trials: Trials) -> int:
    return sum(trial.spent_nano() for trial in trials.values())


def _place(code: Code) -> str:
    return hashlib.sha256(f"{code.code_system} {code.code}".encode()).hexdigest()
