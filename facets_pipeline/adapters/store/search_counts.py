"""Counting how many codes each value of each facet would find; only arithmetic, no query.

The store groups the codes that match a text by all their filters at once: some thousand groups
however many codes there are. Everything that a page shows is added up from these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facets_pipeline.domain.opinions import FacetValue

Group = tuple[tuple[FacetValue | None, ...], int]
"""A value per filter, in the order of the columns, and how many codes have just these."""

Chosen = Mapping[str, tuple[FacetValue, ...]]
"""Filter to the values of which one must hold; a filter that is left out holds always."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a search finds, and what each further value would.

    Attributes:
        total: Codes that pass every filter.
        by_filter: Filter to value to codes that pass all *other* filters and have the value. Only
            values that some code has.
    """

    total: int
    by_filter: Mapping[str, Mapping[FacetValue, int]]


def count_groups(columns: Sequence[str], groups: Sequence[Group], chosen: Chosen) -> Counts:
    """Add up the groups under the chosen values.

    Args:
        columns: The filters, in the order of each group's values.
        groups: All codes that match the text, whatever was chosen.
        chosen: The chosen values.
    """
    wanted = [
        (place, frozenset(chosen[column]))
        for place, column in enumerate(columns)
        if chosen.get(column)
    ]
    total = 0
    counts: list[dict[FacetValue, int]] = [{} for _ in columns]
    for values, codes in groups:
        failing = [place for place, allowed in wanted if values[place] not in allowed]
        if len(failing) > 1:
            continue
        if not failing:
            total += codes
        # A code that fails one filter alone counts for that one: its value would let it in.
        for place in failing or range(len(columns)):
            value = values[place]
            if value is not None:
                counts[place][value] = counts[place].get(value, 0) + codes
    return Counts(total, dict(zip(columns, counts, strict=True)))
