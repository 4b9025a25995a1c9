"""Two sources over all codes of a store, a page at a time: where they differ, facet by facet.

What belongs here: reading both sides, whatever they are: a source, a recipe, a release. Counting is
the domain's (`agreement`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from facets_pipeline.adapters import opinions
from facets_pipeline.adapters.store.answers import AnsweringRecipe
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.release_codes import ReleaseCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.agreement import Comparison, Difference
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.evaluation import Source
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Opinion

Codes = Mapping[str, Code]
Reader = Callable[[str, Codes], Mapping[str, Opinion]]
"""Returns what one side says of some codes of a code system."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: what it is called, and how its opinions are read."""

    title: str
    read: Reader


def source_side(store: Store, source: Source, system: str) -> Side:
    """Return a source as one side: of several recipes of Claude's, the current one.

    Raises:
        SourceError: Claude never answered a code of `system`.
    """
    if source is Source.RULES:
        return Side("rules", lambda _, codes: opinions.by_rules(codes))
    if source is Source.REFERENCE:
        return Side("reference", lambda name, codes: opinions.by_reference(store, name, codes))
    if source is Source.RECONCILED:
        return Side("reconciled", lambda name, codes: opinions.reconciled(store, name, codes))
    found = opinions.model_recipes(store, system)
    if not found:
        raise SourceError(
            f"Claude has answered no {system} code of this store: run `facets generate "
            "--annotator claude`, or compare other sources with --sources."
        )
    return recipe_side(store, found[0])


def recipe_side(store: Store, recipe: AnsweringRecipe) -> Side:
    """Return what one recipe answered as one side."""
    return Side(
        f"{recipe.title} ({recipe.label})",
        lambda system, codes: opinions.by_recipe(store, system, codes, recipe.recipe_id),
    )


def chosen_recipe(recipes: Sequence[AnsweringRecipe], wanted: str) -> AnsweringRecipe:
    """Return the recipe whose id begins with `wanted`, or whose model or label holds it.

    Raises:
        SettingsError: None fits, or more than one does; the message lists them.
    """
    text = wanted.strip().lower()
    by_id = [each for each in recipes if text and each.recipe_id.startswith(text)]
    by_name = [each for each in recipes if text and text in f"{each.title} {each.label}".lower()]
    found = by_id or by_name
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{each.recipe_id[:8]} {each.title}, {each.label}" for each in recipes)
    fit = "more than one recipe fits" if found else "no recipe fits"
    raise SettingsError(
        f"{wanted!r}: {fit}; name one by the beginning of its id, of {known or 'none yet'}."
    )


def compare(
    store: Store, code_system: str, day: date, one: Side, other: Side
) -> tuple[Comparison, Iterator[Difference]]:
    """Compare two sides over the active codes of a code system.

    Returns:
        The figures, and the cells that differ in the order of the codes. The figures are whole
        when the cells are read to their end: a million codes pass without being held.
    """
    comparison = Comparison(CODEBOOK.names)

    def differences() -> Iterator[Difference]:
        for page in pages(store.codes.active(code_system, day)):
            codes = {code.code: code for code in page}
            ours, theirs = one.read(code_system, codes), other.read(code_system, codes)
            for name in codes:
                yield from comparison.add(code_system, name, ours.get(name), theirs.get(name))

    return comparison, differences()


@dataclass(slots=True)
class ReleaseChange:
    """What a release changed besides answers: codes that came, went, or have another text."""

    added: int = 0
    gone: int = 0
    reworded: int = 0


def compare_releases(
    store: Store, code_system: str, releases: tuple[int, int], reader: Reader
) -> tuple[Comparison, ReleaseChange, Iterator[Difference]]:
    """Compare what is said of each code's text in one release with that in another.

    Args:
        store: The store.
        code_system: The system of the codes.
        releases: Keys of the earlier and of the later release.
        reader: Says what a source answers; for texts that it never saw, nothing.

    Returns:
        As `compare`; the figures are whole when the cells are read to their end.
    """
    comparison, change = Comparison(CODEBOOK.names), ReleaseChange()
    known = ReleaseCodes(store.database)

    def differences() -> Iterator[Difference]:
        for before, after in known.pairs(code_system, releases):
            change.added += len(after.keys() - before.keys())
            change.gone += len(before.keys() - after.keys())
            ours, theirs = reader(code_system, before), reader(code_system, after)
            for name in sorted(before.keys() & after.keys()):
                change.reworded += before[name].descriptor_hash != after[name].descriptor_hash
                yield from comparison.add(code_system, name, ours.get(name), theirs.get(name))

    return comparison, change, differences()
