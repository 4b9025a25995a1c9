"""How far two sources agree, facet by facet, with neither of them taken for the truth.

What belongs here: agreement, Cohen's kappa, and the cells in which two opinions differ. Against
gold labels, count with `accuracy`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from facets_pipeline.domain.confusion import is_same
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated

Values = tuple[FacetValue | None, FacetValue | None]
"""What the one and the other source say."""

_UNSTATED = Stated(None, "not stated", decided=False)


def cohens_kappa(pairs: Mapping[Values, int]) -> float | None:
    """Return Cohen's kappa: agreement beyond what chance would bring, at most 1.

    Args:
        pairs: Both sources' values to how often they occur together.

    Returns:
        None where it is not defined: nothing was compared, or both say one and the same always.

    Source: J. Cohen, A coefficient of agreement for nominal scales, 1960, unweighted.
    """
    total = sum(pairs.values())
    ones: Counter[FacetValue | None] = Counter()
    others: Counter[FacetValue | None] = Counter()
    for (one, other), number in pairs.items():
        ones[one] += number
        others[other] += number
    # In whole numbers: kappa of a small sample must not depend on rounding.
    chance = sum(number * others[value] for value, number in ones.items())
    if not total or chance == total * total:
        return None
    agreed = sum(number for pair, number in pairs.items() if is_same(*pair))
    return (agreed * total - chance) / (total * total - chance)


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell in which two sources differ: the facet, and what each states with its basis."""

    code_system: str
    code: str
    facet: str
    one: Stated
    other: Stated


@dataclass(frozen=True, slots=True)
class FacetAgreement:
    """How far two sources agree on one facet.

    Attributes:
        facet: Its name.
        compared: Codes that both answered.
        agreed: Of these, codes to which both give the same value, or none.
        kappa: Cohen's kappa; None where it is not defined.
    """

    facet: str
    compared: int
    agreed: int
    kappa: float | None


@dataclass(slots=True)
class Comparison:
    """Two sources code by code; fed as the codes are read, so that their number does not matter.

    Attributes:
        facets: The facets that are compared, in order.
        compared: Codes that both answered.
        alike: Of these, codes on which they agree in every facet.
        only_one: Codes that only the first answered.
        only_other: Codes that only the second answered.
        neither: Codes that neither answered.
    """

    facets: tuple[str, ...]
    compared: int = 0
    alike: int = 0
    only_one: int = 0
    only_other: int = 0
    neither: int = 0
    _pairs: dict[str, Counter[Values]] = field(default_factory=dict[str, Counter[Values]])

    def add(
        self, code_system: str, code: str, one: Opinion | None, other: Opinion | None
    ) -> list[Difference]:
        """Count one code, and return the cells in which the two differ."""
        if one is None or other is None:
            self.only_one += one is not None
            self.only_other += other is not None
            self.neither += one is None and other is None
            return []
        self.compared += 1
        found: list[Difference] = []
        for facet in self.facets:
            mine, theirs = one.get(facet, _UNSTATED), other.get(facet, _UNSTATED)
            self._pairs.setdefault(facet, Counter())[mine.value, theirs.value] += 1
            if not is_same(mine.value, theirs.value):
                found.append(Difference(code_system, code, facet, mine, theirs))
        self.alike += not found
        return found

    @property
    def agreements(self) -> tuple[FacetAgreement, ...]:
        """The facets, in order."""
        return tuple(self._agreement(facet) for facet in self.facets)

    def swaps(self, facet: str) -> Iterator[tuple[Values, int]]:
        """Yield the pairs of different values of `facet`, the most frequent first."""
        pairs = self._pairs.get(facet, Counter[Values]())
        return ((pair, number) for pair, number in pairs.most_common() if not is_same(*pair))

    def _agreement(self, facet: str) -> FacetAgreement:
        pairs = self._pairs.get(facet, Counter[Values]())
        agreed = sum(number for pair, number in pairs.items() if is_same(*pair))
        return FacetAgreement(facet, pairs.total(), agreed, cohens_kappa(pairs))
