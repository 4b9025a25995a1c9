"""How right answers are, against gold labels: cells, whole codes, and what was filled in wrongly.

Pure counting; reading a gold file is an adapter's business and showing the numbers a report's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from facets_pipeline.domain.opinions import Answer, FacetValue

NULL_SPELLINGS = frozenset(
    {"", "-", "null", "none", "nan", "n/a", "na", "not applicable", "not_applicable", "not stated"}
)
"""What gold files write, in any case, where a facet has no value."""

CodeKey = tuple[str, str]
"""Code system and code."""

Cell = tuple[str, str, str]
"""Code system, code and facet."""


def gold_value(text: str | None) -> FacetValue | None:
    """Return the value that the `text` of a gold file means: a truth value, a word, or None."""
    spelled = "" if text is None else text.strip().lower()
    if spelled in NULL_SPELLINGS:
        return None
    return {"true": True, "false": False}.get(spelled, spelled)


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


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The result of one comparison with gold.

    Attributes:
        cells: Labelled cells; a code without an answer has only wrong ones.
        codes: Codes of which every labelled cell is right.
        facets: The cells by facet.
        wrong: Each wrong cell with the gold value and the answer's, in the order of the gold.
    """

    cells: Tally
    codes: Tally
    facets: Mapping[str, Tally]
    wrong: tuple[tuple[Cell, FacetValue | None, FacetValue | None], ...]


def accuracy_of(
    gold: Mapping[Cell, FacetValue | None], answers: Mapping[CodeKey, Answer]
) -> Accuracy:
    """Compare `answers` with every labelled cell of `gold`."""
    rights: dict[str, int] = {}
    totals: dict[str, int] = {}
    codes: dict[CodeKey, bool] = {}
    wrong: list[tuple[Cell, FacetValue | None, FacetValue | None]] = []
    for (system, code, facet), wanted in gold.items():
        answer = answers.get((system, code))
        given = None if answer is None else answer.get(facet)
        # A truth value is no number and no word, although True == 1.
        right = answer is not None and given == wanted and type(given) is type(wanted)
        totals[facet] = totals.get(facet, 0) + 1
        rights[facet] = rights.get(facet, 0) + right
        codes[system, code] = codes.get((system, code), True) and right
        if not right:
            wrong.append(((system, code, facet), wanted, given))
    return Accuracy(
        cells=Tally(sum(rights.values()), sum(totals.values())),
        codes=Tally(sum(codes.values()), len(codes)),
        facets={facet: Tally(rights[facet], totals[facet]) for facet in totals},
        wrong=tuple(wrong),
    )


def filled_in(not_applicable: Iterable[Cell], answers: Mapping[CodeKey, Answer]) -> Tally:
    """Count the cells of `not_applicable` that hold a value; its `share` should be near 0."""
    cells = list(not_applicable)
    filled = sum(
        answers.get((system, code), {}).get(facet) is not None for system, code, facet in cells
    )
    return Tally(filled, len(cells))
