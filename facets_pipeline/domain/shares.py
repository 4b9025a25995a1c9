"""Sharing out a sum of money over work, so that all parts together never spend more than it."""

from collections.abc import Mapping


def shares(codes: Mapping[str, int], budget: int, least: int) -> dict[str, int]:
    """Share out `budget` by the number of codes, with at least `least` for each part.

    A share that does not pay for a single request would be of no use to anybody: where there is
    not enough for all, the parts with the most codes get one, and the others none.

    Args:
        codes: Part to its number of codes, each at least 1.
        budget: What there is, in any whole unit of money.
        least: The least useful share, at least 1.

    Returns:
        Part to its share; the shares together are at most `budget`.
    """
    ranked = sorted(codes, key=lambda part: (-codes[part], part))[: budget // least]
    spare = budget - least * len(ranked)
    total = sum(codes[part] for part in ranked)
    return {part: least + spare * codes[part] // total for part in ranked}
