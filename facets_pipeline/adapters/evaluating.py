"""From a store and gold labels to scores: who answered which code, measured side by side.

What belongs here: gathering the answers of every source. Counting is the domain's (`evaluation`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from facets_pipeline.adapters import opinions
from facets_pipeline.adapters.annotators.rules import RULES_VERSION
from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.adapters.store.answers import Answers
from facets_pipeline.adapters.store.gold import Golds, KeptGold
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.accuracy import Cell, CodeKey
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.evaluation import (
    ALL_SYSTEMS,
    Evaluation,
    Score,
    Source,
    TrendPoint,
    Voice,
    rests_on_table,
    score_of,
    trend_point,
)
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.gold import GoldLabels
from facets_pipeline.domain.opinions import Answer, Opinion, answer_of

TREND = 20
"""Evaluations that a report looks back on."""

_Heard = dict[Voice, dict[CodeKey, Answer]]


def register_gold(store: Store, paths: Sequence[Path]) -> KeptGold:
    """Read gold files, and make their labels those that count from now on.

    Raises:
        SourceError: A file cannot be read, or no row is usable.
    """
    return Golds(store.database).register(read_gold(paths))


def gold_in_force(store: Store, configured: str) -> KeptGold | None:
    """Return the labels that count: those of the configured files, else those registered last.

    Args:
        store: Where labels are kept.
        configured: Paths with commas between them; empty if none are configured.

    Raises:
        SourceError: A configured file cannot be read, or no row is usable.
    """
    paths = [Path(name.strip()).expanduser() for name in configured.split(",") if name.strip()]
    return register_gold(store, paths) if paths else Golds(store.database).newest()


def evaluate(
    store: Store, labels: GoldLabels, day: date, code_systems: Sequence[str] = tuple(CODE_SYSTEMS)
) -> Evaluation:
    """Measure every source that answered against the labels of codes that are active on `day`.

    The flat table is brought up to date before. Nothing is asked and nothing is spent.

    Raises:
        SourceError: Not one labelled code is active in the store.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for system, code in labels.codes:
        wanted[system].add(code)
    reader = Answers(store.database)
    codes = {
        system: reader.codes(system, day, wanted[system])
        for system in CODE_SYSTEMS
        if system in code_systems and wanted[system]
    }
    if not any(codes.values()):
        raise SourceError(_nothing(labels, code_systems))
    heard: _Heard = {}
    circular: set[Cell] = set()
    for system, known in codes.items():
        if known:
            store.flat.refresh(system, day)
            circular |= _hear(store, system, known, heard)
    usable = labels.only(
        {system: frozenset(known) for system, known in codes.items()}, code_systems
    )
    in_use = frozenset(circular) & usable.values.keys()
    return Evaluation(usable, in_use, tuple(_scores(usable, in_use, heard)))


def measured(store: Store, day: date) -> tuple[Evaluation | None, tuple[TrendPoint, ...]]:
    """Return how right every source is now, and was before; None and nothing without gold.

    Labels of codes that are not in the store measure nothing.
    """
    golds = Golds(store.database)
    kept = golds.newest()
    if kept is None:
        return None, ()
    past = golds.past(kept.gold_id, TREND)
    trend = tuple(trend_point(each.evaluated_at, each.scores) for each in past)
    try:
        return evaluate(store, kept.labels, day), trend
    except SourceError:
        return None, trend


def _hear(store: Store, system: str, codes: dict[str, Code], heard: _Heard) -> set[Cell]:
    """Add what every source says of `codes` to `heard`; return the cells that rest on a table."""

    def keep(source: Source, title: str, label: str, said: dict[str, Opinion], recipe: str) -> None:
        voice = Voice(source, system, title, label, recipe)
        heard[voice] = {(system, code): answer_of(opinion) for code, opinion in said.items()}

    for recipe in opinions.model_recipes(store, system):
        if said := opinions.by_recipe(store, system, codes, recipe.recipe_id):
            keep(Source.CLAUDE, recipe.title, recipe.label, said, recipe.recipe_id)
    book = f"codebook {CODEBOOK.version}"
    keep(Source.RULES, f"rules {RULES_VERSION}", book, opinions.by_rules(codes), "")
    reference = opinions.by_reference(store, system, codes)
    tables = ", ".join(f"{kind} {name}" for kind, name in store.references.releases().items())
    keep(Source.REFERENCE, f"rules and {tables or 'no table'}", book, reference, "")
    active = store.recipes.active(system)
    title = active.recipe.title if active is not None else "nobody yet"
    keep(Source.RECONCILED, title, book, opinions.reconciled(store, system, codes), "")
    return {
        (system, code, facet)
        for code, opinion in reference.items()
        for facet, stated in opinion.items()
        if rests_on_table(stated)
    }


def _scores(labels: GoldLabels, circular: frozenset[Cell], heard: _Heard) -> list[Score]:
    """Score each source on all systems together, then each voice on its own system."""
    found: list[Score] = []
    systems = list(dict.fromkeys(voice.code_system for voice in heard))
    for source in Source:
        # Of several recipes the current one counts; the others stand with their own system.
        firsts = [_first(heard, source, system) for system in systems]
        voices = [voice for voice in firsts if voice is not None]
        if voices:
            answers = {key: said for voice in voices for key, said in heard[voice].items()}
            found.append(score_of(_together(source, voices), labels, circular, answers))
    for system in systems:
        own = [voice for voice in heard if voice.code_system == system]
        found += [score_of(voice, labels, circular, heard[voice]) for voice in own]
    return found


def _first(heard: _Heard, source: Source, system: str) -> Voice | None:
    fitting = (voice for voice in heard if (voice.source, voice.code_system) == (source, system))
    return next(fitting, None)


def _together(source: Source, voices: Sequence[Voice]) -> Voice:
    titles = ", ".join(dict.fromkeys(voice.title for voice in voices))
    labels = "; ".join(dict.fromkeys(voice.label for voice in voices))
    recipes = {voice.recipe_id for voice in voices}
    recipe = recipes.pop() if len(recipes) == 1 else ""
    return Voice(source, ALL_SYSTEMS, titles, labels, recipe)


def _nothing(labels: GoldLabels, code_systems: Sequence[str]) -> str:
    some = ", ".join(f"{system} {code}" for system, code in sorted(labels.codes)[:3])
    return (
        f"Not one of {len(labels.codes):,} labelled codes ({some}, ...) is an active "
        f"{' or '.join(code_systems)} code of the store: load the code file "
        "that lists them with `facets load` first."
    )
