"""What one source says of one code, facet by facet, and why it says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FacetValue = str | bool
"""A value of the codebook: a word of a closed vocabulary, or a truth value."""

Answer = Mapping[str, FacetValue | None]
"""Facet name to value for one code; None means not applicable or not stated."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One facet's value with its basis.

    Attributes:
        value: The value, or None for not applicable or not stated.
        basis: What it rests on, for people: "heading: 70010-76499", "descriptor: with contrast",
            "form: ddddF", "guess".
        decided: True where an official heading, range or code form decides the value, so that no
            other source needs to be asked; False where it was read from words or guessed.
    """

    value: FacetValue | None
    basis: str
    decided: bool


Opinion = Mapping[str, Stated]
"""Facet name to what one source states, for every facet of the codebook."""


def answer_of(opinion: Opinion) -> Answer:
    """Return the bare values of `opinion`."""
    return {facet: stated.value for facet, stated in opinion.items()}


def parts_of(opinion: Opinion) -> dict[str, list[object]]:
    """Return `opinion` as it is kept in JSON: facet to [value, basis, decided]."""
    return {
        facet: [stated.value, stated.basis, stated.decided] for facet, stated in opinion.items()
    }


def opinion_of(parts: Mapping[str, Sequence[Any]]) -> Opinion:
    """Return the opinion that `parts_of` made plain."""
    return {facet: Stated(*each) for facet, each in parts.items()}
