"""From what was heard of a code to its one flat row: values, status, and why a facet is empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue, Opinion, answer_of
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.recipe import answered_by
from facets_pipeline.domain.rules import broken_rules


class Status(StrEnum):
    """What a flat row stands on."""

    VALID = "valid"
    """A valid answer under the active recipe, or a person's decision."""
    STALE = "stale"
    """An answer under an older recipe or descriptor; the code is pending."""
    IN_REVIEW = "in_review"
    """Asked, but no valid answer: a person should look."""
    PENDING = "pending"
    """Not asked yet."""


class Empty(StrEnum):
    """Why a facet of a row has no value."""

    NOT_APPLICABLE = "not applicable"
    NOT_ANSWERED = "not answered"
    IN_REVIEW = "in review"


@dataclass(frozen=True, slots=True)
class Heard:
    """One outcome with what it rests on.

    Attributes:
        annotator: Who was asked.
        model: Which model.
        recipe_id: Under which recipe.
        outcome: How it ended.
        opinion: What was said; None if nothing usable was said.
        reason: Why it is in review; empty if answered.
        heard_at: When, in UTC.
        same_text: Whether the code's descriptor is still the one that was asked about.
    """

    annotator: str
    model: str
    recipe_id: str
    outcome: Outcome
    opinion: Opinion | None
    reason: str
    heard_at: datetime
    same_text: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's value for one facet.

    Attributes:
        value: The value; None for not applicable or not stated.
        decided_by: Who decided.
        decided_at: When, in UTC.
        same_text: Whether the code's descriptor is still the one that was decided on; where it is
            not, the code goes back to review.
    """

    value: FacetValue | None
    decided_by: str
    decided_at: datetime
    same_text: bool = True


@dataclass(frozen=True, slots=True)
class FlatRow:
    """One active code as SQL users and the search see it.

    Attributes:
        code: The code.
        status: What the values stand on.
        answer: Facet to value, for every facet of the codebook.
        provenance: Source, reason, and per facet value, basis and whether it was decided.
        model: Annotator and model; empty while pending.
        recipe_id: Recipe of the answer; empty while pending.
        given: Facets that have a value.
        decided: Of these, values that a heading, an official source or a person decides.
        updated_at: When the newest part of it was heard or decided; None while pending.
    """

    code: Code
    status: Status
    answer: Mapping[str, FacetValue | None]
    provenance: Mapping[str, object]
    model: str
    recipe_id: str
    given: int
    decided: int
    updated_at: datetime | None


def why_empty(status: Status) -> Empty:
    """Return why a facet without a value is empty in a row of `status`."""
    if status is Status.PENDING:
        return Empty.NOT_ANSWERED
    return Empty.IN_REVIEW if status is Status.IN_REVIEW else Empty.NOT_APPLICABLE


def flat_row(
    code: Code,
    current: Heard | None,
    earlier: Heard | None,
    decisions: Mapping[str, Decided],
    codebook: Codebook,
) -> FlatRow:
    """Derive the flat row of `code`.

    Args:
        code: The active code.
        current: Its outcome under the active recipe and descriptor, if there is one.
        earlier: Its best answer under any other, if there is one.
        decisions: Facet to a person's value.
        codebook: The facets that a row has.
    """
    heard = earlier if current is None or _is_outranked(current, earlier) else current
    said: Opinion = heard.opinion if heard is not None and heard.opinion is not None else {}
    holding = {facet: made for facet, made in decisions.items() if made.same_text}
    made = {facet: decision.value for facet, decision in holding.items()}
    answer = codebook.complete({**answer_of(said), **made})
    status, reason = _standing(code, answer, heard, decisions, codebook)
    if status is Status.VALID and heard is not None and not holding and not _stands(heard, current):
        status = Status.STALE
    if status is Status.IN_REVIEW:
        answer = codebook.complete({})
    given = [facet for facet, value in answer.items() if value is not None]
    moments = [decision.decided_at for decision in decisions.values()]
    return FlatRow(
        code=code,
        status=status,
        answer=answer,
        provenance=_provenance(heard, decisions, reason),
        model=answered_by(heard.annotator, heard.model) if heard is not None else "",
        recipe_id=heard.recipe_id if heard is not None else "",
        given=len(given),
        decided=sum(facet in holding or said[facet].decided for facet in given),
        updated_at=max([*moments, heard.heard_at] if heard is not None else moments, default=None),
    )


def _is_outranked(current: Heard, earlier: Heard | None) -> bool:
    # Rules never replace a model's answer, not even when they were made the active recipe.
    return earlier is not None and current.annotator == "rules" and earlier.annotator != "rules"


def _stands(heard: Heard, current: Heard | None) -> bool:
    # An earlier answer stands only where it outranks the current one.
    return heard is current or (current is not None and heard.same_text)


def _standing(
    code: Code,
    answer: Mapping[str, FacetValue | None],
    heard: Heard | None,
    decisions: Mapping[str, Decided],
    codebook: Codebook,
) -> tuple[Status, str]:
    """Return the status of an answer that is up to date, and the reason for a review."""
    lapsed = [made for made in decisions.values() if not made.same_text]
    if lapsed:
        return Status.IN_REVIEW, f"{lapsed[0].decided_by} decided on an earlier descriptor"
    if decisions:
        reason = _objection(code, answer, codebook)
        return (Status.IN_REVIEW if reason else Status.VALID), reason
    if heard is None:
        return Status.PENDING, ""
    return (Status.IN_REVIEW if heard.outcome is Outcome.IN_REVIEW else Status.VALID), heard.reason


def _objection(code: Code, answer: Mapping[str, FacetValue | None], codebook: Codebook) -> str:
    """Return why an answer with decisions in it cannot stand; empty if it can."""
    broken = broken_rules(code.code_system, code.code, answer)
    reasons = [f"{finding.rule}: {finding.message}" for finding in broken]
    reasons += [f"{facet} cannot be {answer[facet]!r}" for facet in codebook.misfits(answer)]
    if answer[codebook.category.name] is None:
        reasons.append(f"{codebook.category.name} is missing")
    return "; ".join(reasons)


def _provenance(
    heard: Heard | None, decisions: Mapping[str, Decided], reason: str
) -> dict[str, object]:
    found: dict[str, object] = {}
    if heard is not None:
        found["source"] = answered_by(heard.annotator, heard.model)
        found["stated"] = {
            facet: [stated.value, stated.basis, stated.decided]
            for facet, stated in (heard.opinion or {}).items()
        }
    if heard is not None or decisions:
        found["reason"] = reason
    for name, same_text in (("decisions", True), ("lapsed_decisions", False)):
        made = {
            facet: [decision.value, decision.decided_by, decision.decided_at.isoformat()]
            for facet, decision in decisions.items()
            if decision.same_text is same_text
        }
        if made:
            found[name] = made
    return found
