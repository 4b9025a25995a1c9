"""Two opinions on one code become one answer, with the reason and with what a person should see.

Belongs here: what wins where two different sources differ, and what is left in doubt. How far a
basis is to be trusted is `reliability`; replacing values so that the rules hold is `repairing`.

Where both agree there is nothing to decide. Where they differ:

    the codebook decides (official table, facet that the category excludes)   that value stands
    the second opinion is more likely right than not                          its value stands
    otherwise                                                                 Claude's stands

An answer that breaks rules takes the second opinion's values where it must. Whatever stands may be
wrong: the codes with the likeliest errors are put before a person, `REVIEW_SHARE` of them at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from facets_pipeline.domain.bases import POLICY, BasisKind
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated, answer_of
from facets_pipeline.domain.reliability import UNTRIED, Basis, Reliability, basis_of
from facets_pipeline.domain.repairing import Fixed, Values, objections, repaired, with_value

REFERENCE = "reference"
"""The name of the second opinion as a source."""

RECONCILED_BY = "1"
"""Version of this policy; raise it when a row can change by code, so that rows are made anew."""

WINS_FROM = 0.5
"""Probability from which the second opinion's value stands: more likely right than wrong."""

WORTH_ASKING = 0.03
"""Probability of an error from which a person is asked: less is thirty looks for one find."""

REVIEW_SHARE = 0.18
"""Share of the active codes that a person is asked about at most, the likeliest errors first."""


class Reconcile(StrEnum):
    """What the values of a row stand on."""

    BOTH = "both"
    """Claude's answer and the second opinion, as this module weighs them."""
    CLAUDE = "claude"
    """Claude's answer alone."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the rows of a code system are reconciled by.

    Attributes:
        reliability: How far each basis is to be trusted.
        asked: Codes whose doubts are put before a person.
    """

    reliability: Reliability = UNTRIED
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One answer out of two opinions.

    Attributes:
        answer: Facet to value, for every facet of the codebook.
        stands: Whether it breaks no rule and has a category.
        chosen: Facet to source and reason, where the sources differ.
        doubts: Facet to a sentence for the person who should look.
    """

    answer: Values
    stands: bool
    chosen: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Sources:
    """The two opinions on one code.

    Attributes:
        code: The code.
        name: Who gave the answer, as "claude".
        said: The answer with its basis; it may break rules.
        second: The second opinion.
        are_one: Whether both come from the same rules: then only official tables change anything,
            and nothing is in doubt.
    """

    code: Code
    name: str
    said: Opinion
    second: Opinion
    are_one: bool = False


def reconcile(sources: Sources, weighing: Weighing, codebook: Codebook) -> Reconciled:
    """Return the one answer out of two opinions; it keeps the rules, or it does not stand."""
    code, second = sources.code, sources.second
    answer = codebook.complete(answer_of(sources.said))
    fixed: Fixed | None = Fixed(answer, frozenset())
    if objections(code, answer, codebook):
        right = {name: _right(name, stated, weighing) for name, stated in second.items()}
        fixed = repaired(code, answer, second, right, codebook)
    if fixed is None:
        return Reconciled(answer, stands=False)
    at_fault = fixed.facets
    for facet in _winners(sources, fixed.answer, weighing, codebook):
        found = with_value(code, fixed.answer, facet, second, codebook)
        if found is not None:
            fixed = Fixed(found.answer, fixed.facets | found.facets)
    return _explained(sources, answer, fixed, at_fault, weighing, codebook)


def people_are_asked(
    differing: Mapping[str, Sequence[Basis]], reliability: Reliability, most: int
) -> frozenset[str]:
    """Return up to `most` codes whose answer is most likely wrong, of those worth asking about.

    Args:
        differing: Code to the bases on which its second opinion differs from the answer.
        reliability: How far each basis is to be trusted.
        most: How many codes a person can look at.
    """
    errors = {
        code: max(min(right, 1 - right) for right in map(reliability.second_is_right, bases))
        for code, bases in differing.items()
        if bases
    }
    worth = [code for code, error in errors.items() if error >= WORTH_ASKING]
    return frozenset(sorted(worth, key=lambda code: (-errors[code], code))[: max(0, most)])


def _right(facet: str, stated: Stated, weighing: Weighing) -> float:
    return weighing.reliability.second_is_right(basis_of(facet, stated))


def _codebook_decides(facet: str, stated: Stated, answer: Values, codebook: Codebook) -> str:
    """Return why the second opinion's value is beyond discussion; empty if it is not."""
    kind = basis_of(facet, stated)[1]
    if POLICY[kind].wins:
        return POLICY[kind].why
    category = answer[codebook.category.name]
    if kind is BasisKind.CATEGORY and not codebook.facet(facet).applies_to(category):
        return f"the codebook leaves it empty for {category}"
    return ""


def _winners(sources: Sources, answer: Values, weighing: Weighing, codebook: Codebook) -> list[str]:
    """Return the facets whose value should be the second opinion's, the surest first."""
    found: list[tuple[float, str]] = []
    for facet, stated in sources.second.items():
        if stated.value == answer.get(facet):
            continue
        if _codebook_decides(facet, stated, answer, codebook):
            found.append((1.0, facet))
        elif not sources.are_one and (right := _right(facet, stated, weighing)) >= WINS_FROM:
            found.append((right, facet))
    order = {name: place for place, name in enumerate(codebook.names)}
    # The codebook's order among equals: other facets depend on the category.
    return [facet for _, facet in sorted(found, key=lambda won: (-won[0], order[won[1]]))]


def _explained(
    sources: Sources,
    answer: Values,
    fixed: Fixed,
    at_fault: frozenset[str],
    weighing: Weighing,
    codebook: Codebook,
) -> Reconciled:
    """Say, facet by facet where the two differ, whose value stands, why, and how sure that is."""
    chosen: dict[str, tuple[str, str]] = {}
    doubts: dict[str, str] = {}
    for facet, stated in sources.second.items():
        if stated.value == answer.get(facet):
            continue
        won = fixed.answer[facet] == stated.value
        decides = _codebook_decides(facet, stated, fixed.answer, codebook) if won else ""
        right = _right(facet, stated, weighing)
        why = decides or weighing.reliability.experience(basis_of(facet, stated))
        if facet in at_fault:
            why = f"the answer broke a rule; {why}"
        chosen[facet] = (REFERENCE if won else sources.name, f"{stated.basis}; {why}")
        is_asked = sources.code.code in weighing.asked and min(right, 1 - right) >= WORTH_ASKING
        if facet in at_fault:
            is_asked = not stated.decided
        if is_asked and not decides and not sources.are_one:
            doubts[facet] = _doubt(sources.name, answer[facet], stated, won=won)
            doubts[facet] += f" {why}."
    return Reconciled(fixed.answer, stands=True, chosen=chosen, doubts=doubts)


def _doubt(name: str, said: FacetValue | None, stated: Stated, *, won: bool) -> str:
    first, other = f"{name} says {said!r}", f"the second opinion {stated.value!r}"
    stands = "the second opinion's" if won else f"{name}'s"
    return f"{first}, {other} ({stated.basis}); {stands} value stands:"
