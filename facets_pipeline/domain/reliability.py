"""How far a basis can be trusted, seen without any gold: how often does it agree with Claude?

A basis ("heading: 70010-76499", "descriptor: with contrast") speaks about many codes. Where it
agrees with Claude on nearly all of them, a difference on one more is probably a slip of Claude;
where it often differs, the basis is bad and Claude is right. Both rest on one assumption: two
sources that know nothing of each other do not make the same mistake.

What Claude says itself tells more: a value that it gives to many codes of the same category is
likelier right than one that it gives to this code alone.

The model: each basis is either sound, and then differs from Claude as often as Claude errs, or
unsound, and then differs at a rate of its own. Claude's rate of errors per facet and the share of
sound bases per kind are not known beforehand: they are estimated together from all bases, in turn
(expectation and maximisation), beginning with what `bases.POLICY` believes.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

from facets_pipeline.domain.bases import POLICY
from facets_pipeline.domain.differences import Basis, Difference, Group, difference
from facets_pipeline.domain.opinions import Answer, FacetValue, Stated

EXPECTED_ERRORS = 0.02
"""Claude's errors in a facet before anything was compared; weighs as much as `_ERROR_WEIGHT`
cells of the facet: a cheap model in a hurry errs about that often."""

_ERROR_WEIGHT, _ALL_FACETS_WEIGHT = 50.0, 300.0
_KIND_WEIGHT = 5.0
"""As many bases as the belief in a kind counts for."""

_UNSOUND = (1.0, 2.0)
"""Beta distribution of how often an unsound basis differs: a third on average, anything goes."""

_MOST_ODDS = 500.0
"""Logarithm of odds beyond which there is no doubt: further ones would overflow."""

_ROUNDS = 30
"""Rounds of estimation: further ones change the figures little."""

MOST_TYPICAL = 8.0
"""How much a usual value may change the odds against an unusual one, at most."""

_TYPICAL_WEIGHT = 2.0
"""As many codes as count before any value was seen, shared out over the values of a category."""


@dataclass(slots=True)
class Compared:
    """How often a basis was compared with Claude, and how often they differed."""

    cells: int = 0
    differing: int = 0


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the comparisons of a whole code system show.

    Attributes:
        compared: Basis to its comparisons.
        sound: Basis to the probability that it is sound.
        errors: Facet, and whether the second opinion is null, to Claude's estimated error rate.
        beliefs: Group to the estimated share of sound bases in it.
        usual: Facet and category to how many codes Claude gives which value.
    """

    compared: Mapping[Basis, Compared]
    sound: Mapping[Basis, float]
    errors: Mapping[tuple[str, bool], float]
    beliefs: Mapping[Group, float]
    usual: Mapping[tuple[str, FacetValue | None], Mapping[FacetValue | None, int]]

    def second_is_right(self, found: Difference) -> float:
        """Return the probability that the second opinion is right where Claude says otherwise.

        It is a careful one: of those around 0.3, more than half were right when it was tried.
        """
        basis = found.basis
        if POLICY[basis[1]].wins:
            return 1.0
        # Where a basis was never compared, the difference at hand is all that is known of it.
        seen = self.compared.get(basis, Compared(1, 1))
        error = self.errors.get((basis[0], basis[2]), EXPECTED_ERRORS)
        belief = self.beliefs.get(basis[:3], POLICY[basis[1]].belief)
        sound = self.sound.get(basis, _soundness(seen, belief, error))
        rate = (seen.differing + _UNSOUND[0]) / (seen.cells + sum(_UNSOUND))
        right = sound + (1 - sound) * min(1.0, error / rate)
        weight = self._typicality(found) * right
        return weight / (weight + 1 - right)

    def _typicality(self, found: Difference) -> float:
        """Return how much likelier the stated value is than the said one, by what Claude says."""
        values = self.usual.get((found.facet, found.category), {})
        if not values:
            return 1.0
        prior = _TYPICAL_WEIGHT / (len(values) + 1)
        stated = values.get(found.stated, 0) + prior
        # Without this code itself: it would speak for its own answer.
        said = max(0, values.get(found.said, 0) - 1) + prior
        return max(1 / MOST_TYPICAL, min(MOST_TYPICAL, sqrt(stated / said)))

    def experience(self, basis: Basis) -> str:
        """Return in words how often a basis agreed with Claude."""
        seen = self.compared.get(basis, Compared())
        if not seen.cells:
            return "this basis was never compared with Claude"
        agreed = seen.cells - seen.differing
        return f"this basis agrees with Claude on {agreed:,} of {seen.cells:,} codes"


UNTRIED = Reliability({}, {}, {}, {}, {})
"""What is believed before anything was compared."""


class Comparison:
    """Counts agreement, code by code; the order of the codes does not matter.

    Args:
        category: Name of the facet that is the category.
    """

    def __init__(self, category: str) -> None:
        self._category = category
        self._compared: dict[Basis, Compared] = {}
        self._usual: dict[tuple[str, FacetValue | None], Counter[FacetValue | None]] = {}

    def add(self, answer: Answer, second: Mapping[str, Stated]) -> tuple[Difference, ...]:
        """Compare Claude's answer with a second opinion; return where they differ."""
        differing: list[Difference] = []
        for facet, stated in second.items():
            found = difference(facet, answer, stated, self._category)
            seen = self._compared.setdefault(found.basis, Compared())
            seen.cells += 1
            if found.said != found.stated:
                seen.differing += 1
                differing.append(found)
            if facet != self._category:
                values = self._usual.setdefault((facet, found.category), Counter())
                values[found.said] += 1
        return tuple(differing)

    def result(self) -> Reliability:
        """Return what the comparisons show."""
        # In order, so that sums of the same numbers are the same to the last digit.
        return estimated(dict(sorted(self._compared.items())), self._usual)


def estimated(
    compared: Mapping[Basis, Compared],
    usual: Mapping[tuple[str, FacetValue | None], Mapping[FacetValue | None, int]],
) -> Reliability:
    """Estimate how sound each basis is and how often Claude errs, from comparisons alone."""
    groups: dict[Group, list[Basis]] = defaultdict(list)
    for basis in compared:
        groups[basis[:3]].append(basis)
    beliefs = {group: POLICY[group[1]].belief for group in groups}
    errors = {(facet, is_null): EXPECTED_ERRORS for facet, _, is_null in groups}
    sound: dict[Basis, float] = {}
    for _ in range(_ROUNDS):
        for basis, seen in compared.items():
            rate = errors[basis[0], basis[2]]
            sound[basis] = _soundness(seen, beliefs[basis[:3]], rate)
        for group, bases in groups.items():
            prior = _KIND_WEIGHT * POLICY[group[1]].belief
            weight = sum(sound[basis] for basis in bases)
            beliefs[group] = (weight + prior) / (len(bases) + _KIND_WEIGHT)
        errors = _errors(compared, sound)
    return Reliability(compared, sound, errors, beliefs, usual)


def _soundness(seen: Compared, belief: float, error: float) -> float:
    if belief >= 1.0:
        return 1.0
    agreeing = seen.cells - seen.differing
    as_sound = seen.differing * log(error) + agreeing * log(1 - error)
    odds = log(belief / (1 - belief)) + as_sound - _log_beta_ratio(seen)
    return 1 / (1 + exp(-max(-_MOST_ODDS, min(_MOST_ODDS, odds))))


def _log_beta_ratio(seen: Compared) -> float:
    first, other = _UNSOUND
    agreeing = seen.cells - seen.differing
    return (
        lgamma(seen.differing + first)
        + lgamma(agreeing + other)
        - lgamma(seen.cells + first + other)
        + lgamma(first + other)
        - lgamma(first)
        - lgamma(other)
    )


def _errors(
    compared: Mapping[Basis, Compared], sound: Mapping[Basis, float]
) -> dict[tuple[str, bool], float]:
    """Return Claude's error rate per facet, drawn towards that of all facets where cells are few.

    Nulls count apart: most are beyond doubt, and would hide how often values are wrong.
    """
    differing: dict[tuple[str, bool], float] = defaultdict(float)
    cells: dict[tuple[str, bool], float] = defaultdict(float)
    for basis, seen in compared.items():
        key = (basis[0], basis[2])
        differing[key] += sound[basis] * seen.differing
        cells[key] += sound[basis] * seen.cells
    overall: dict[bool, float] = {}
    for is_null in (False, True):
        some = [key for key in cells if key[1] is is_null]
        wrong = sum(differing[key] for key in some) + EXPECTED_ERRORS * _ALL_FACETS_WEIGHT
        overall[is_null] = wrong / (sum(cells[key] for key in some) + _ALL_FACETS_WEIGHT)
    return {
        key: (differing[key] + overall[key[1]] * _ERROR_WEIGHT) / (cells[key] + _ERROR_WEIGHT)
        for key in cells
    }
