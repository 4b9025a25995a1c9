"""What the report says in whole sentences, once for every format.

What belongs here: sentences made from figures. How a number is written stands in `words`, rows and
columns in `tables`, and how it all looks in `html` and `markdown`.
"""

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.coverage import (
    CoverageFigures,
    FacetFigures,
    SourceFigures,
    SystemFigures,
)
from facets_pipeline.report.words import NOTHING, count, counted, moment, percent, plain

CHANGES = ("added", "changed", "absent", "unchanged")
"""The order in which changes between releases are told."""


def headline(figures: CoverageFigures) -> str:
    """Return the one sentence to remember."""
    if not figures.systems:
        return "No codes have been loaded yet"
    if len(figures.systems) == 1:
        return system_headline(figures.systems[0])
    active = sum(system.active for system in figures.systems)
    answered = sum(system.answered for system in figures.systems)
    return _have_facets(answered, active, "")


def system_headline(system: SystemFigures) -> str:
    """Return how many active codes of `system` have facets."""
    return _have_facets(system.answered, system.active, f"{system.code_system} ")


def _have_facets(answered: int, active: int, which: str) -> str:
    if not active:
        return f"No {which}code is in force, so none needs facets"
    verb = "has" if active == 1 else "have"
    noun = "code" if active == 1 else "codes"
    rate = percent(answered, active)
    return f"{count(answered)} of {count(active)} {which}{noun} {verb} facets ({rate})"


def remainder(system: SystemFigures) -> str:
    """Return what is missing in `system`, and what has to happen with it."""
    if not system.active:
        return "There is nothing to ask."
    open_parts = [
        (system.pending, "not yet asked"),
        (system.in_review, "waiting for a person"),
        (system.stale, "answered under an older recipe"),
    ]
    told = [f"{count(number)} {what}" for number, what in open_parts if number]
    if not told:
        return "Every active code has a valid answer."
    return f"Still open: {', '.join(told)}."


def not_counted(system: SystemFigures) -> str:
    """Return which codes of `system` are outside all rates."""
    parts = (
        f"{count(system.terminated)} terminated",
        f"{count(system.not_yet_effective)} not yet in force",
        f"{count(system.absent)} no longer in the release",
    )
    return f"Not counted: {', '.join(parts)}."


def decided(system: SystemFigures) -> tuple[str, str]:
    """Return how much rests on an official source rather than on reading: a share, and of what."""
    if not any(facet.with_value for facet in system.facets):
        return NOTHING, "No value is given yet."
    return percent(system.decided), (
        "of the given values are settled by an official heading, range or source; "
        "the others were read from the descriptor or inferred."
    )


def broken(system: SystemFigures) -> tuple[str, str]:
    """Return how often rules are broken: a number, and of what."""
    number = sum(finding.count for finding in system.findings)
    noun = "contradiction" if number == 1 else "contradictions"
    return count(number), f"{noun} between the facets of one code."


def source(figures: SourceFigures | None) -> str:
    """Return what was read, from where and when."""
    if figures is None:
        return "Nothing has been loaded for this code system."
    return (
        f"Read from {figures.file} ({figures.format}), release {figures.release}, "
        f"loaded on {moment(figures.loaded_at)}."
    )


def changes(figures: SourceFigures) -> str:
    """Return how the release differs from the one before."""
    names = [*CHANGES, *sorted(set(figures.changes) - set(CHANGES))]
    told = [
        f"{count(figures.changes[name])} {plain(name)}" for name in names if name in figures.changes
    ]
    if not told:
        return "There is no earlier release to compare with."
    return f"Compared with the release before: {', '.join(told)}."


def facet_summary(facet: FacetFigures) -> str:
    """Return how many codes have a value for `facet`, do not need one, or lack one."""
    return (
        f"{counted(facet.with_value, 'code')} with a value, "
        f"{count(facet.not_applicable)} not applicable, {count(facet.unknown)} unknown"
    )


def review(system: SystemFigures) -> str:
    """Return how many codes wait for a person, and how many of them are shown."""
    waiting = system.in_review + system.in_doubt
    if not waiting:
        return "No code is waiting for a person."
    verb = "is" if waiting == 1 else "are"
    told = f"{counted(waiting, 'code')} {verb} waiting for a person"
    if system.in_doubt:
        told += f", {count(system.in_doubt)} of them with values of which one is in doubt"
    if len(system.review) < waiting:
        return f"{told}; the {count(len(system.review))} that matter most are named here."
    return f"{told}."


def pending(system: SystemFigures) -> str:
    """Return what has not been asked, and what is to be asked again."""
    if not system.pending and not system.stale:
        return "No code is pending."
    told: list[str] = []
    if system.pending:
        has = "has" if system.pending == 1 else "have"
        told.append(f"{counted(system.pending, 'code')} {has} not been asked yet.")
    if system.stale:
        has = "has" if system.stale == 1 else "have"
        told.append(
            f"{counted(system.stale, 'code')} {has} an answer under an older recipe only, "
            "which is kept and asked again."
        )
    return " ".join(told)


READING = (
    "All rates are shares of active codes: those in force today as far as their source says.",
    (
        "Answered: a valid answer under the recipe in use. Stale: an answer under an older recipe "
        "only. In review: a person should look at it. Pending: no answer yet. The four add up to "
        "the active codes."
    ),
    (
        "With value: the facet has a value. Not applicable: the answer leaves it out, because it "
        "does not apply or is not stated. Unknown: no valid answer, or in review."
    ),
    (
        "100 % means all and 0 % means none; other shares are rounded but never up to all or down "
        "to none. In stacked bars the smallest parts are drawn wide enough to be seen."
    ),
)
"""How the report's words and shares are to be read."""


def method(figures: CoverageFigures, codebook: Codebook) -> tuple[str, ...]:
    """Return how the report was made, and how it is to be read."""
    made = f"Made on {moment(figures.made_at)} with codebook {figures.codebook_version}"
    return (f"{made}: {counted(len(codebook.facets), 'facet')}.", *READING)
