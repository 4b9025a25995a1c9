"""A difference between an answer and a second opinion, as a value. Who is right: `reliability`."""

from dataclasses import dataclass

from facets_pipeline.domain.bases import BasisKind, kind_of
from facets_pipeline.domain.opinions import Answer, FacetValue, Stated

Basis = tuple[str, BasisKind, bool, str]
"""Facet, kind of basis, whether the stated value is null, and the basis in words."""

Group = tuple[str, BasisKind, bool]
"""Bases that are judged together: facet, kind, whether they state a null."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that a second opinion states and Claude does not.

    Attributes:
        basis: What it rests on.
        category: Claude's category for the code.
        said: What Claude says.
        stated: What the second opinion says.
    """

    basis: Basis
    category: FacetValue | None
    said: FacetValue | None
    stated: FacetValue | None

    @property
    def facet(self) -> str:
        """The facet on which they differ."""
        return self.basis[0]


def difference(facet: str, answer: Answer, stated: Stated, category: str) -> Difference:
    """Return how a second opinion differs from `answer` in `facet`.

    Args:
        facet: The facet.
        answer: Claude's answer.
        stated: What the second opinion says.
        category: Name of the facet that is the category.
    """
    basis = facet, kind_of(stated), stated.value is None, stated.basis
    return Difference(basis, answer.get(category), answer.get(facet), stated.value)
