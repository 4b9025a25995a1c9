"""A third opinion on facets about which two sources differ: what it settles, and what it does not.

Belongs here: what follows from a review model's answer. How it is asked is `review_prompt`; which
answer is kept is the store's business.

    it agrees with one of the two    that value stands, if the rules allow it; nothing is in doubt
    it says something else           the doubt stays for a person, with three opinions
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated
from facets_pipeline.domain.reconciliation import REFERENCE, Reconciled, Sources
from facets_pipeline.domain.repairing import Fixed, objections, with_value

REVIEW = "review"
"""The name of the review model as a source, and of its questions in the ledger."""

Pair = tuple[FacetValue | None, FacetValue | None]
"""The answer's value of a facet and the second opinion's."""


@dataclass(frozen=True, slots=True)
class Third:
    """What a review model said of a code.

    Attributes:
        model: Its name.
        values: Facet to value; None for none.
        reasons: Facet to one of the closed reasons.
        about: Facet to the two values that it was asked about: it counts for no others.
    """

    model: str
    values: Mapping[str, FacetValue | None]
    reasons: Mapping[str, str]
    about: Mapping[str, Pair]

    def on(self, facet: str, pair: Pair) -> tuple[FacetValue | None, bool]:
        """Return its value of `facet`, and whether it was asked about this very pair."""
        return self.values.get(facet), facet in self.values and self.about.get(facet) == pair


def pair_of(facet: str, said: Opinion, second: Opinion) -> Pair:
    """Return both values of a facet; what an opinion leaves out is None."""
    first, other = (
        None if (each := one.get(facet)) is None else each.value for one in (said, second)
    )
    return first, other


def settled(
    sources: Sources, found: Reconciled, third: Third | None, codebook: Codebook
) -> Reconciled:
    """Return the reconciled answer after the third opinion on it had its say.

    Args:
        sources: The two opinions; the answer is empty if nothing usable was said.
        found: What they came to.
        third: The third opinion; None if nobody was asked.
        codebook: The facets.
    """
    if third is None:
        return found
    if not found.stands:
        return _whole(sources, found, third, codebook)
    for facet in codebook.names:
        if facet in found.doubts:
            found = _without_doubt(sources, found, third, facet, codebook)
    return found


def _without_doubt(
    sources: Sources, found: Reconciled, third: Third, facet: str, codebook: Codebook
) -> Reconciled:
    pair = pair_of(facet, sources.said, sources.second)
    value, is_about = third.on(facet, pair)
    if not is_about:
        return found
    winner = sources.name if value == pair[0] else REFERENCE if value == pair[1] else ""
    fixed: Fixed | None = Fixed(found.answer, frozenset())
    if winner and found.answer[facet] != value:
        opinion = _completed(sources.said if winner == sources.name else sources.second, codebook)
        fixed = with_value(sources.code, found.answer, facet, opinion, codebook)
    doubts = dict(found.doubts)
    if not winner or fixed is None:
        doubts[facet] += f" {third.model} says {shown(value)} ({third.reasons.get(facet, '')})."
        return replace(found, doubts=doubts)
    del doubts[facet]
    why = _why(third, facet, winner)
    chosen = {**found.chosen, **dict.fromkeys((*fixed.facets, facet), (winner, why))}
    return replace(found, answer=fixed.answer, chosen=chosen, doubts=doubts)


def _whole(sources: Sources, found: Reconciled, third: Third, codebook: Codebook) -> Reconciled:
    """Settle an answer that cannot stand: every facet must be one of the two opinions'."""
    chosen: dict[str, tuple[str, str]] = {}
    for facet in codebook.names:
        pair = pair_of(facet, sources.said, sources.second)
        value, is_about = third.on(facet, pair)
        if not is_about or value not in (pair if sources.said else pair[1:]):
            return found
        if pair[0] != pair[1]:
            winner = sources.name if sources.said and value == pair[0] else REFERENCE
            chosen[facet] = (winner, _why(third, facet, winner))
    answer = codebook.complete(third.values)
    if objections(sources.code, answer, codebook):
        return found
    return Reconciled(answer, stands=True, chosen=chosen)


def _why(third: Third, facet: str, winner: str) -> str:
    reason = third.reasons.get(facet, "")
    return f"review model {third.model} agreed with {winner}{f': {reason}' if reason else ''}"


def _completed(opinion: Opinion, codebook: Codebook) -> Opinion:
    empty = Stated(None, "", decided=False)
    return {facet: opinion.get(facet, empty) for facet in codebook.names}
