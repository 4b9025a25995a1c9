"""Whether the values of a facet are spread otherwise than before, beyond what chance explains.

The measure is the total variation distance between two distributions: the smallest share of codes
whose value would have to differ. It has no free parameter, and 0.05 means "one code in twenty",
which the population stability index does not.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from facets_pipeline.domain.coverage import SystemFigures
from facets_pipeline.domain.deciding import shown

LIMIT = 0.05
"""Distance from which a person should look. A quarterly HCPCS release changes one or two codes in a
hundred; another prompt or model that moves one in twenty does something that nobody asked for."""

CHANCE_FACTOR = 2.0
"""How many times the distance that chance alone brings about must be exceeded."""

FEWEST_CODES = 100
"""Codes that must be counted on both sides: below, one code is more than a hundredth."""

FEWEST_SHARE = 0.5
"""Least size of one side, relative to the other: a trial of the first codes is no basis."""

NAMED_VALUES = 3
"""How many values are named as having moved."""

Counts = Mapping[str, int]
"""Value of a facet to number of codes; codes without a value count under a name of their own."""

Distribution = Mapping[str, Counts]
"""Facet to its counts."""


@dataclass(frozen=True, slots=True)
class FacetDrift:
    """One facet, compared.

    Attributes:
        facet: Its name.
        distance: Total variation distance, 0 (alike) to 1 (nothing in common).
        by_chance: The distance to expect between two samples of these sizes that do not differ.
        moved: Values whose share changed most: value, share before, share now.
    """

    facet: str
    distance: float
    by_chance: float
    moved: tuple[tuple[str, float, float], ...]

    @property
    def is_alarming(self) -> bool:
        """Whether a person should look."""
        return self.distance > max(LIMIT, CHANCE_FACTOR * self.by_chance)


def distribution_of(figures: SystemFigures) -> dict[str, dict[str, int]]:
    """Return how the values of every facet are spread over the codes that have an answer."""
    return {
        facet.facet: {
            **{shown(value): count for value, count in facet.distribution.items()},
            "no value": facet.not_applicable,
        }
        for facet in figures.facets
    }


def is_comparable(before: Counts, now: Counts) -> bool:
    """Tell whether both sides count enough codes, and about as many, to say anything."""
    fewer, more = sorted((sum(before.values()), sum(now.values())))
    return fewer >= FEWEST_CODES and fewer >= FEWEST_SHARE * more


def drift_of(facet: str, before: Counts, now: Counts) -> FacetDrift:
    """Compare two distributions of `facet`.

    Args:
        facet: Name of the facet.
        before: Codes per value at the earlier time; at least one code.
        now: The same now; at least one code.
    """
    codes_before, codes_now = sum(before.values()), sum(now.values())
    shares = {
        value: (before.get(value, 0) / codes_before, now.get(value, 0) / codes_now)
        for value in sorted({*before, *now})
    }
    pooled = {
        value: (before.get(value, 0) + now.get(value, 0)) / (codes_before + codes_now)
        for value in shares
    }
    # The mean absolute difference of two shares drawn alike, by the normal approximation.
    spread = 1 / codes_before + 1 / codes_now
    chance = sum(math.sqrt(2 / math.pi * p * (1 - p) * spread) for p in pooled.values()) / 2
    ranked = sorted(shares.items(), key=lambda item: -abs(item[1][1] - item[1][0]))
    return FacetDrift(
        facet=facet,
        distance=sum(abs(now_ - before_) for before_, now_ in shares.values()) / 2,
        by_chance=chance,
        moved=tuple(
            (value, before_, now_)
            for value, (before_, now_) in ranked[:NAMED_VALUES]
            if before_ != now_
        ),
    )
