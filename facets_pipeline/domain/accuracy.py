"""How right answers are, against gold labels: cells, whole codes, and what was filled in wrongly.

Pure counting; what a gold file means stands in `gold`, which value is taken for which in
`confusion`, and showing the numbers is a report's business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from facets_pipeline.domain.confusion import Confusion, Given, NoAnswer, confusion_of, is_same
from facets_pipeline.domain.intervals import Interval, wilson
from facets_pipeline.domain.opinions import Answer, FacetValue

NULL_SPELLINGS = frozenset(
    {
        *("", "-", "--", "\u2013", "\u2014", "?", ".", "null", "(null)", "<null>", "\\n", "none"),
        *("(none)", "nan", "<na>", "n/a", "#n/a", "na", "n.a.", "nil", "empty", "blank", "missing"),
        *("not applicable", "not_applicable", "not-applicable", "not stated", "not_stated"),
        *("no value", "no_value", "(no value)"),
    }
)
"""What gold files write, in any case, where a facet has no value."""

CodeKey = tuple[str, str]
"""Code system and code."""

Cell = tuple[str, str, str]
"""Code system, code and facet."""

Gold = Mapping[Cell, FacetValue | None]
"""The right value of each labelled cell; None where there must be none."""

Answers = Mapping[CodeKey, Answer]
"""The answer for each code that has one."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of how many are right.

    Attributes:
        right: Number of right ones.
        total: Number of all that were compared.
    """

    right: int
    total: int

    @property
    def share(self) -> float:
        """The right share from 0 to 1; 0 where nothing was compared."""
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> Interval:
        """The Wilson 95 % interval of the share."""
        return wilson(self.right, self.total)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The result of one comparison with gold.

    Attributes:
        cells: Labelled cells; a code without an answer has only wrong ones.
        codes: Codes of which every labelled cell is right.
        unanswered: Codes without an answer; they count as wrong above.
        facets: The cells by facet.
        confusions: Facet to which value was taken for which.
        wrong: Each wrong cell with the gold value and the answer's, in the order of the gold.
    """

    cells: Tally
    codes: Tally
    unanswered: int
    facets: Mapping[str, Tally]
    confusions: Mapping[str, Confusion]
    wrong: tuple[tuple[Cell, FacetValue | None, FacetValue | None], ...]


def accuracy_of(gold: Gold, answers: Answers) -> Accuracy:
    """Compare `answers` with every labelled cell of `gold`."""
    codes: dict[CodeKey, bool] = {}
    facets: dict[str, list[tuple[str, FacetValue | None, Given]]] = {}
    wrong: list[tuple[Cell, FacetValue | None, FacetValue | None]] = []
    for (system, code, facet), wanted in gold.items():
        answer = answers.get((system, code))
        given: Given = NoAnswer.NO_ANSWER if answer is None else answer.get(facet)
        right = is_same(wanted, given)
        facets.setdefault(facet, []).append((code, wanted, given))
        codes[system, code] = codes.get((system, code), True) and right
        if not right:
            wrong.append(
                ((system, code, facet), wanted, None if isinstance(given, NoAnswer) else given)
            )
    tallies = {facet: _tally(cells) for facet, cells in facets.items()}
    return Accuracy(
        cells=Tally(
            sum(tally.right for tally in tallies.values()),
            sum(tally.total for tally in tallies.values()),
        ),
        codes=Tally(sum(codes.values()), len(codes)),
        unanswered=sum(key not in answers for key in codes),
        facets=tallies,
        confusions={facet: confusion_of(cells) for facet, cells in facets.items()},
        wrong=tuple(wrong),
    )


def _tally(cells: list[tuple[str, FacetValue | None, Given]]) -> Tally:
    return Tally(sum(is_same(wanted, given) for _, wanted, given in cells), len(cells))


def filled_in(not_applicable: Iterable[Cell], answers: Answers) -> Tally:
    """Count the cells of `not_applicable` that hold a value; its `share` should be near 0.

    Only cells of codes that have an answer count: an answer that is missing fills nothing in.
    """
    cells = [cell for cell in not_applicable if cell[:2] in answers]
    filled = sum(answers[cell[:2]].get(cell[2]) is not None for cell in cells)
    return Tally(filled, len(cells))
