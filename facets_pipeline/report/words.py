"""Numbers, shares, dates and names in words, the same for every page of the report.

What belongs here: how one figure is written. Whole sentences stand in `sentences`. Nothing here
knows HTML or Markdown, and nothing escapes.
"""

from datetime import UTC, date, datetime
from fractions import Fraction

from facets_pipeline.domain.opinions import FacetValue

UNKNOWN = "unknown"
"""Shown for a figure that is not known, so that it cannot be taken for zero."""

NOTHING = "\u2013"
"""A dash, shown for a share of nothing."""


def count(number: int) -> str:
    """Return `number` with thousands separators: 1000000 is "1,000,000"."""
    return f"{number:,}"


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return `number` with its noun: "1 code", "8,623 codes"."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{count(number)} {noun}"


def percent(part: float, whole: float = 1) -> str:
    """Return `part` of `whole` as a percentage that never says more than is true.

    "100 %" and "0 %" are kept for all and for nothing: 8,622 of 8,623 is "99.99 %", 999,999 of
    1,000,000 is "99.99 %" too, and 1 of 1,000,000 is "<0.01 %". Two decimals below 1 and above
    99 %, else one. A share of nothing is a dash.
    """
    if not whole:
        return NOTHING
    share = Fraction(part) / Fraction(whole) * 100
    if share in (0, 100):
        return f"{int(share)} %"
    if 0 < share < Fraction(1, 100):
        return "<0.01 %"
    if Fraction(9999, 100) < share < 100:
        return "99.99 %"
    decimals = 1 if 1 <= round(share, 2) <= 99 else 2
    return f"{float(share):.{decimals}f} %"


def money(usd: float | None) -> str:
    """Return dollars and cents; "unknown" for None, and "<$0.01" for less than a cent."""
    if usd is None:
        return UNKNOWN
    return "<$0.01" if 0 < usd < 0.01 else f"${usd:,.2f}"


def day(on: date) -> str:
    """Return a date as people write it: "3 March 2026"."""
    return f"{on.day} {on:%B %Y}"


def moment(at: datetime) -> str:
    """Return a time in UTC: "3 March 2026, 14:05 UTC"; one without a zone counts as UTC."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at
    return f"{day(in_utc)}, {in_utc:%H:%M} UTC"


def plain(name: FacetValue) -> str:
    """Return a value's or a rule's name for readers: "not_yet" is "not yet", true is "yes"."""
    if isinstance(name, bool):
        return "yes" if name else "no"
    return name.replace("_", " ")


def listed(items: list[str] | tuple[str, ...], most: int) -> str:
    """Return the first `most` of `items` with commas, and how many more there are."""
    shown = ", ".join(items[:most])
    left = len(items) - most
    return f"{shown} and {count(left)} more" if left > 0 else shown


def first_sentence(prose: str) -> str:
    """Return what stands before the first full stop of `prose`, with the stop."""
    return prose.split(". ", 1)[0].rstrip(".") + "."
