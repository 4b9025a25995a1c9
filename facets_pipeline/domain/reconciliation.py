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
from facets_pipeline.domain.differences import Difference, difference
from facets_pipeline.domain.opinions import Opinion, Stated, answer_of
from facets_pipeline.domain.reliability import UNTRIED, Reliability
from facets_pipeline.domain.repairing import Fixed, Values, objections, repaired, with_value

REFERENCE = "reference"
"""The name of the second opinion as a source."""

RECONCILED_BY = "1"
"""Version of this policy; raise it when a row can change by code, so that rows are made anew."""

WINS_FROM = 0.3
"""Estimated probability from which the second opinion's value stands. The estimate is careful:
where it says 0.3, the second opinion was right in more than half of the cases when it was tried on
labels that were known (the bench's measure `reconcile`)."""

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
    differing = _differing(answer, second, weighing, codebook)
    fixed: Fixed | None = Fixed(answer, frozenset())
    if objections(code, answer, codebook):
        right = {facet: each.right for facet, each in differing.items()}
        fixed = repaired(code, answer, second, right, codebook)
    if fixed is None:
        return Reconciled(answer, stands=False)
    at_fault = fixed.facets
    for facet in _winners(sources, fixed.answer, differing, codebook):
        found = with_value(code, fixed.answer, facet, second, codebook)
        if found is not None:
            fixed = Fixed(found.answer, fixed.facets | found.facets)
    told = _Told(sources, fixed.answer, at_fault, weighing, codebook)
    return Reconciled(
        fixed.answer,
        stands=True,
        chosen={facet: told.choice(each) for facet, each in differing.items()},
        doubts={facet: told.doubt(each) for facet, each in differing.items() if told.asks(each)},
    )


def people_are_asked(
    differing: Mapping[str, Sequence[Difference]], reliability: Reliability, most: int
) -> frozenset[str]:
    """Return up to `most` codes whose answer is most likely wrong, of those worth asking about.

    Args:
        differing: Code to where its second opinion differs from the answer.
        reliability: How far each basis is to be trusted.
        most: How many codes a person can look at.
    """
    errors = {
        code: max(min(right, 1 - right) for right in map(reliability.second_is_right, found))
        for code, found in differing.items()
        if found
    }
    worth = [code for code, error in errors.items() if error >= WORTH_ASKING]
    return frozenset(sorted(worth, key=lambda code: (-errors[code], code))[: max(0, most)])


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A difference with the probability that the second opinion is right."""

    found: Difference
    stated: Stated
    right: float


def _differing(
    answer: Values, second: Opinion, weighing: Weighing, codebook: Codebook
) -> dict[str, _Weighed]:
    found: dict[str, _Weighed] = {}
    for facet, stated in second.items():
        if stated.value != answer.get(facet):
            each = difference(facet, answer, stated, codebook.category.name)
            found[facet] = _Weighed(each, stated, weighing.reliability.second_is_right(each))
    return found


def _codebook_decides(found: Difference, answer: Values, codebook: Codebook) -> str:
    """Return why the second opinion's value is beyond discussion; empty if it is not."""
    kind = found.basis[1]
    if POLICY[kind].wins:
        return POLICY[kind].why
    category = answer[codebook.category.name]
    if kind is BasisKind.CATEGORY and not codebook.facet(found.facet).applies_to(category):
        return f"the codebook leaves it empty for {category}"
    return ""


def _winners(
    sources: Sources, answer: Values, differing: Mapping[str, _Weighed], codebook: Codebook
) -> list[str]:
    """Return the facets whose value should be the second opinion's, the surest first."""
    found: list[tuple[float, str]] = []
    for facet, each in differing.items():
        if _codebook_decides(each.found, answer, codebook):
            found.append((1.0, facet))
        elif not sources.are_one and each.right >= WINS_FROM:
            found.append((each.right, facet))
    order = {name: place for place, name in enumerate(codebook.names)}
    # The codebook's order among equals: other facets depend on the category.
    return [facet for _, facet in sorted(found, key=lambda won: (-won[0], order[won[1]]))]


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of the differences on one code, once its answer is made."""

    sources: Sources
    answer: Values
    at_fault: frozenset[str]
    weighing: Weighing
    codebook: Codebook

    def choice(self, each: _Weighed) -> tuple[str, str]:
        """Return whose value stands, and why."""
        name = REFERENCE if self._won(each) else self.sources.name
        return name, f"{each.stated.basis}; {self._why(each)}"

    def asks(self, each: _Weighed) -> bool:
        """Tell whether a person is asked about a difference."""
        if self.sources.are_one or self._decides(each):
            return False
        if each.found.facet in self.at_fault:
            return not each.stated.decided
        error = min(each.right, 1 - each.right)
        return self.sources.code.code in self.weighing.asked and error >= WORTH_ASKING

    def doubt(self, each: _Weighed) -> str:
        """Return the sentence for the person who is asked."""
        name, said = self.sources.name, each.found.said
        stands = "the second opinion's" if self._won(each) else f"{name}'s"
        return (
            f"{name} says {said!r}, the second opinion {each.stated.value!r} "
            f"({each.stated.basis}); {stands} value stands: {self._why(each)}."
        )

    def _won(self, each: _Weighed) -> bool:
        return self.answer[each.found.facet] == each.stated.value

    def _decides(self, each: _Weighed) -> str:
        if not self._won(each):
            return ""
        return _codebook_decides(each.found, self.answer, self.codebook)

    def _why(self, each: _Weighed) -> str:
        why = self._decides(each) or self.weighing.reliability.experience(each.found.basis)
        if each.found.facet in self.at_fault:
            return f"the answer broke a rule; {why}"
        return why
