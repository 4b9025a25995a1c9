"""What kinds of reasons a second opinion has, and how far each is believed before it was tried.

Belongs here: reading the kind off a basis, and the table of kinds. How belief changes with what a
corpus shows is `reliability`; what follows for a code is `reconciliation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from facets_pipeline.domain.opinions import Opinion, Stated

NOT_APPLICABLE = "not applicable: category "
"""How the basis of a null begins that the category imposes."""

OFFICIAL_SOURCES = ("pfs: ", "rbcs: ")
"""How a basis begins that names an official table which the user loaded."""


class BasisKind(StrEnum):
    """What a stated value rests on."""

    OFFICIAL = "official table"
    HEADING = "heading"
    CATEGORY = "category"
    RULE = "rule"
    WORDS = "words"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a kind of basis may do where Claude says otherwise.

    Attributes:
        wins: Whether it always wins, whatever a corpus shows: the codebook leaves it no choice.
        belief: The share of bases of this kind that are believed sound before any was tried.
        why: The reason, from the codebook, in a sentence.
    """

    wins: bool
    belief: float
    why: str


POLICY: Mapping[BasisKind, Policy] = {
    BasisKind.OFFICIAL: Policy(
        wins=True, belief=1.0, why="the codebook prefers the official table to any reader"
    ),
    BasisKind.CATEGORY: Policy(
        wins=False, belief=0.95, why="the facet means nothing for the category, which may be wrong"
    ),
    BasisKind.HEADING: Policy(
        wins=False, belief=0.9, why="an official heading beats what is known of anatomy or trade"
    ),
    BasisKind.RULE: Policy(
        wins=False, belief=0.9, why="it follows from another facet, which may itself be wrong"
    ),
    BasisKind.WORDS: Policy(
        wins=False, belief=0.7, why="the descriptor names it, but words may mean something else"
    ),
    BasisKind.GUESS: Policy(
        wins=False, belief=0.4, why="nothing states it: the codebook leaves it to the reader"
    ),
}
"""What each kind of basis may do; shown in docs/reconciliation.md."""


def kind_of(stated: Stated) -> BasisKind:
    """Return the kind of basis that a value of a second opinion rests on."""
    if stated.decided and stated.basis.startswith(OFFICIAL_SOURCES):
        return BasisKind.OFFICIAL
    if stated.basis.startswith(NOT_APPLICABLE):
        return BasisKind.CATEGORY
    if stated.basis.startswith("rule R"):
        return BasisKind.RULE
    if stated.decided:
        return BasisKind.HEADING
    if stated.basis.startswith("descriptor: "):
        return BasisKind.WORDS
    return BasisKind.GUESS


def open_facets(opinion: Opinion, category: str) -> tuple[str, ...]:
    """Return the facets that `opinion` does not decide, so that somebody else should be asked.

    A facet that means nothing for the category is as decided as the category is.

    Args:
        opinion: A second opinion.
        category: Name of the facet that is the category.
    """
    settled = opinion[category].decided
    return tuple(
        facet
        for facet, stated in opinion.items()
        if not (settled if kind_of(stated) is BasisKind.CATEGORY else stated.decided)
    )
