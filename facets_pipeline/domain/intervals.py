"""How sure a counted share is: the Wilson score interval.

What belongs here: intervals of shares. What is counted stands in `accuracy`, how it is shown is a
report's business.
"""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution: intervals hold the truth in 95 of 100."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a share may lie, both ends from 0 to 1."""

    low: float
    high: float


def wilson(right: int, total: int, z: float = Z_95) -> Interval:
    """Return the Wilson score interval of `right` of `total`.

    It holds for few and for all too: 5 of 5 may well be 57 %. Of nothing, anything may be true.
    Each of `total` must be drawn on its own: the cells of one code are not quite, its codes are.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927), without continuity correction.

    Raises:
        ValueError: The counts are impossible.
    """
    if not 0 <= right <= total:
        raise ValueError(f"{right!r} of {total!r} is no share: count from 0 to the total")
    if not total:
        return Interval(0.0, 1.0)
    share, square = right / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    reach = z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    reach /= 1 + square / total
    # Rounding must not exclude what was counted.
    return Interval(
        0.0 if not right else max(0.0, middle - reach),
        1.0 if right == total else min(1.0, middle + reach),
    )
