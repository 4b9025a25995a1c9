"""Where the values of a row come from, as a plain document: it is kept and shown with the row.

source      who gave the answer             stated   facet to [value, basis, decided]
second      the second opinion, likewise    chosen   facet to [source, reason], where they differ
third       facet to [value, reason, model] of a review model, where it was asked
doubts      facet to a sentence             reason   why it is in review, or what was repaired
decisions, lapsed_decisions                          facet to [value, who, when]
"""

from collections.abc import Mapping

from facets_pipeline.domain.heard import Backing, Decided, Heard
from facets_pipeline.domain.opinions import parts_of
from facets_pipeline.domain.recipe import answered_by
from facets_pipeline.domain.reconciliation import REFERENCE, Reconciled


def provenance(
    heard: Heard | None,
    decisions: Mapping[str, Decided],
    reason: str,
    backing: Backing | None,
    said: Reconciled,
    doubts: Mapping[str, str],
) -> dict[str, object]:
    """Return the document; parts that say nothing are left out.

    Args:
        heard: The answer; None if there is none.
        decisions: Facet to a person's value.
        reason: Why the code is in review, or was before its answer was repaired.
        backing: The second opinion, if it counts.
        said: What stands before decisions.
        doubts: Facet to what a person should look at.
    """
    found: dict[str, object] = {}
    if heard is not None:
        found["source"] = answered_by(heard.annotator, heard.model)
        found["stated"] = parts_of(heard.opinion or {})
    elif said.stands and backing is not None:
        found["source"] = REFERENCE
        found["stated"] = parts_of(backing.opinion)
    if heard is not None or decisions:
        found["reason"] = reason
    if heard is not None and backing is not None and backing.weighing is not None:
        found |= _weighed(heard, backing, said, doubts)
    for name, same_text in (("decisions", True), ("lapsed_decisions", False)):
        made = {
            facet: [decision.value, decision.decided_by, decision.decided_at.isoformat()]
            for facet, decision in decisions.items()
            if decision.same_text is same_text
        }
        if made:
            found[name] = made
    return found


def _weighed(
    heard: Heard, backing: Backing, said: Reconciled, doubts: Mapping[str, str]
) -> dict[str, object]:
    parts = {
        "second": parts_of(backing.opinion) if backing.opinion != heard.opinion else {},
        "chosen": {facet: list(choice) for facet, choice in said.chosen.items()},
        "doubts": dict(doubts),
    }
    found: dict[str, object] = {name: part for name, part in parts.items() if part}
    if (third := backing.third) is not None:
        found["third"] = {
            facet: [value, third.reasons.get(facet, ""), third.model]
            for facet, value in third.values.items()
        }
    return found
