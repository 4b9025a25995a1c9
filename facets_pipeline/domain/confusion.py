"""Which value was taken for which: confusion, precision, recall and F1 of one facet.

What belongs here: counting pairs of a gold value and an answer's value. "No value" (None) is a
class like any other wherever it is labelled or answered. A code without any answer is a miss of
its gold value, and no class.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from facets_pipeline.domain.opinions import FacetValue


class NoAnswer(Enum):
    """What stands in an answer's place where there is none."""

    NO_ANSWER = "no answer"


Given = FacetValue | NoAnswer | None
"""A value, no value, or no answer at all."""

Pair = tuple[FacetValue | None, Given]
"""The gold value, and what was given in its place."""


@dataclass(frozen=True, slots=True)
class ValueScore:
    """How well one value of a facet is found.

    Attributes:
        value: The value; None for "no value".
        hits: Cells in which gold and answer both have it.
        labelled: Cells in which gold has it.
        given: Cells in which the answer has it.
    """

    value: FacetValue | None
    hits: int
    labelled: int
    given: int

    @property
    def precision(self) -> float:
        """Share (0 to 1) of its answers that are right; 0 where it was never answered."""
        return self.hits / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """Share (0 to 1) of its labels that were found; 0 where it is never labelled."""
        return self.hits / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / (self.labelled + self.given) if self.labelled + self.given else 0.0


@dataclass(frozen=True, slots=True)
class Confusion:
    """All pairs of one facet.

    Attributes:
        pairs: Pair to the codes for which it was counted, in the order of the gold.
    """

    pairs: Mapping[Pair, tuple[str, ...]]

    @property
    def values(self) -> tuple[ValueScore, ...]:
        """The scores of each value that is labelled or given, the most labelled first."""
        labelled: dict[FacetValue | None, int] = {}
        given: dict[FacetValue | None, int] = {}
        hits: dict[FacetValue | None, int] = {}
        for (gold, answer), codes in self.pairs.items():
            labelled[gold] = labelled.get(gold, 0) + len(codes)
            if not isinstance(answer, NoAnswer):
                given[answer] = given.get(answer, 0) + len(codes)
                if is_same(gold, answer):
                    hits[gold] = len(codes)
        scores = (
            ValueScore(value, hits.get(value, 0), labelled.get(value, 0), given.get(value, 0))
            for value in {**labelled, **given}
        )
        return tuple(sorted(scores, key=lambda score: (-score.labelled, str(score.value))))

    @property
    def macro_f1(self) -> float:
        """Mean F1 of all values that are labelled or given, each counting the same; 0 of none."""
        values = self.values
        return sum(score.f1 for score in values) / len(values) if values else 0.0

    @property
    def mistakes(self) -> tuple[tuple[Pair, tuple[str, ...]], ...]:
        """The pairs that differ with their codes, the most frequent first."""
        wrong = [(pair, codes) for pair, codes in self.pairs.items() if not is_same(*pair)]
        return tuple(sorted(wrong, key=lambda found: -len(found[1])))


def is_same(gold: FacetValue | None, given: Given) -> bool:
    """Tell whether two values are equal; a truth value is no word."""
    return type(gold) is type(given) and gold == given


def confusion_of(cells: Iterable[tuple[str, FacetValue | None, Given]]) -> Confusion:
    """Count the cells of one facet, each as code, gold value and what was given."""
    pairs: dict[Pair, list[str]] = {}
    for code, gold, given in cells:
        pairs.setdefault((gold, given), []).append(code)
    return Confusion({pair: tuple(codes) for pair, codes in pairs.items()})
