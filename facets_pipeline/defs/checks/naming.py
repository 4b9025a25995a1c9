"""How a check names the codes that it complains about: the first few, and how many more."""

from collections.abc import Sequence

NAMED_CODES = 20
"""How many codes a check names: enough to see what they have in common, few enough to read."""


def named(codes: Sequence[str], count: int | None = None) -> str:
    """Return the first codes as text, "none" if there are none.

    Args:
        codes: The codes, or the first of them.
        count: How many there are in all; None for no more than `codes`.
    """
    total = len(codes) if count is None else count
    if not total:
        return "none"
    shown = ", ".join(codes[:NAMED_CODES])
    left = total - min(len(codes), NAMED_CODES)
    return f"{shown} and {left:,} more" if left else shown
