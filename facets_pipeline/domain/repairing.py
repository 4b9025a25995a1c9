"""Putting a second opinion's values into an answer so that the rules of the codebook hold.

Belongs here: what has to change together (another category drops some facets and needs others),
and which values to replace in an answer that breaks rules. Who is right is `reconciliation`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue, Opinion
from facets_pipeline.domain.rules import broken_rules

Values = Mapping[str, FacetValue | None]
"""Facet to value, for every facet of the codebook."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """An answer with values of the second opinion in it.

    Attributes:
        answer: Facet to value; it breaks no rule.
        facets: The facets whose value is the second opinion's now.
    """

    answer: Values
    facets: frozenset[str]


def objections(code: Code, answer: Values, codebook: Codebook) -> list[str]:
    """Return the facets at which `answer` breaks rules or leaves the codebook; empty if it stands.

    A missing category counts. A facet may be named more than once.
    """
    found = [finding.facet for finding in broken_rules(code.code_system, code.code, answer)]
    found += codebook.misfits(answer)
    if answer[codebook.category.name] is None:
        found.append(codebook.category.name)
    return found


def with_value(
    code: Code, answer: Values, facet: str, second: Opinion, codebook: Codebook
) -> Fixed | None:
    """Return `answer` with the second opinion's value of `facet` and of what must change with it.

    None if no such answer keeps the rules.
    """
    changed = {facet}
    if facet == codebook.category.name:
        changed |= _tied_to_category(answer, second, codebook)
    return _settled(code, answer, changed, second, codebook)


def repaired(
    code: Code, answer: Values, second: Opinion, right: Mapping[str, float], codebook: Codebook
) -> Fixed | None:
    """Return an answer that breaks rules with as few values replaced as make it keep them.

    Args:
        code: The code.
        answer: What breaks rules.
        second: Where the values come from.
        right: Facet to the probability that the second opinion is right where both differ: the
            greatest decides between repairs of equal size.
        codebook: The facets.

    Returns:
        The repaired answer; None if the second opinion does not help.
    """
    differing = [name for name, stated in second.items() if stated.value != answer.get(name)]
    single = [
        (fixed, right.get(name, 0.0))
        for name in differing
        if (fixed := with_value(code, answer, name, second, codebook)) is not None
    ]
    if single:
        return min(single, key=lambda found: (len(found[0].facets), -found[1]))[0]
    return _settled(code, answer, objections(code, answer, codebook), second, codebook)


def _tied_to_category(answer: Values, second: Opinion, codebook: Codebook) -> set[str]:
    """Return the facets that one of the two categories excludes: they come with the category."""
    name = codebook.category.name
    if name not in second:
        return set()
    categories = (answer[name], second[name].value)
    return {
        facet.name
        for facet in codebook.facets
        if facet.name in second and not all(facet.applies_to(each) for each in categories)
    }


def _settled(
    code: Code, answer: Values, first: Iterable[str], second: Opinion, codebook: Codebook
) -> Fixed | None:
    """Replace the facets `first`, then those at which rules are broken, until none is."""
    changed = {facet for facet in first if facet in second}
    while changed:
        candidate = {**answer, **{facet: second[facet].value for facet in changed}}
        at_fault = set(objections(code, candidate, codebook))
        if not at_fault:
            moved = frozenset(name for name in changed if candidate[name] != answer[name])
            return Fixed(candidate, moved)
        if not (more := (at_fault & second.keys()) - changed):
            return None
        changed |= more
    return None
