"""From what was heard of a code to its one flat row: values, status, and why a facet is empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.heard import Backing, Decided, Heard, Hearing, best_of
from facets_pipeline.domain.opinions import FacetValue, answer_of
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.provenance import provenance
from facets_pipeline.domain.recipe import answered_by
from facets_pipeline.domain.reconciliation import REFERENCE, Reconciled, Sources, reconcile
from facets_pipeline.domain.rules import broken_rules
from facets_pipeline.domain.third_opinion import settled


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
class FlatRow:
    """One active code as SQL users and the search see it.

    Attributes:
        code: The code.
        status: What the values stand on.
        answer: Facet to value, for every facet of the codebook.
        provenance: What was said by whom, what was chosen and why, and what is in doubt.
        model: Annotator and model; "reference" where the code is not asked; empty while pending.
        recipe_id: Recipe of the answer; empty where nobody was asked.
        given: Facets that have a value.
        decided: Of these, values that a heading, an official source or a person decides.
        in_doubt: Facets that a person should look at although they have a value.
        updated_at: When the newest part of it was heard or decided; None if nothing was.
    """

    code: Code
    status: Status
    answer: Mapping[str, FacetValue | None]
    provenance: Mapping[str, object]
    model: str
    recipe_id: str
    given: int
    decided: int
    in_doubt: int
    updated_at: datetime | None


def why_empty(status: Status) -> Empty:
    """Return why a facet without a value is empty in a row of `status`."""
    if status is Status.PENDING:
        return Empty.NOT_ANSWERED
    return Empty.IN_REVIEW if status is Status.IN_REVIEW else Empty.NOT_APPLICABLE


def flat_row(
    code: Code, hearing: Hearing, codebook: Codebook, backing: Backing | None = None
) -> FlatRow:
    """Derive the flat row of `code`.

    Args:
        code: The active code.
        hearing: What was heard of it.
        codebook: The facets that a row has.
        backing: The second opinion; None for the answer alone.
    """
    decisions = hearing.decisions
    heard, unasked = _counting(hearing, backing)
    said = _reconciled(code, heard, backing, codebook, unasked=unasked)
    holding = {facet: made for facet, made in decisions.items() if made.same_text}
    answer = _with_decisions(said, decisions, codebook)
    status, reason = _standing(code, answer, heard, decisions, codebook, said)
    if status is Status.VALID and not holding and not unasked and _is_stale(heard, hearing.current):
        status = Status.STALE
    answer = codebook.complete({} if status is Status.IN_REVIEW else answer)
    doubts = {facet: doubt for facet, doubt in said.doubts.items() if facet not in holding}
    given = [facet for facet, value in answer.items() if value is not None]
    return FlatRow(
        code=code,
        status=status,
        answer=answer,
        provenance=provenance(heard, decisions, reason, backing, said, doubts),
        model=_answered_by(heard, unasked=unasked),
        recipe_id=heard.recipe_id if heard is not None else "",
        given=len(given),
        decided=sum(_is_decided(facet, holding, heard, backing, said) for facet in given),
        in_doubt=len(doubts) if status is Status.VALID else 0,
        updated_at=_newest(heard, decisions),
    )


def unmasked_answer(
    code: Code, hearing: Hearing, codebook: Codebook, backing: Backing | None = None
) -> dict[str, FacetValue | None]:
    """Return the values of a row whether or not they may stand: what `flat_row` may hide.

    The arguments are those of `flat_row`.
    """
    heard, unasked = _counting(hearing, backing)
    said = _reconciled(code, heard, backing, codebook, unasked=unasked)
    return _with_decisions(said, hearing.decisions, codebook)


def _counting(hearing: Hearing, backing: Backing | None) -> tuple[Heard | None, bool]:
    """Return the answer that counts, and whether the code is not asked at all."""
    heard = best_of(hearing.current, hearing.earlier)
    unasked = hearing.current is None and backing is not None and backing.is_enough
    if unasked and heard is not None and not heard.same_text:
        heard = None
    return heard, unasked


def _with_decisions(
    said: Reconciled, decisions: Mapping[str, Decided], codebook: Codebook
) -> dict[str, FacetValue | None]:
    made = {facet: decision.value for facet, decision in decisions.items() if decision.same_text}
    return codebook.complete({**said.answer, **made})


def _reconciled(
    code: Code,
    heard: Heard | None,
    backing: Backing | None,
    codebook: Codebook,
    *,
    unasked: bool,
) -> Reconciled:
    """Return what stands before people's decisions."""
    if heard is None and backing is not None and unasked:
        return Reconciled(codebook.complete(answer_of(backing.opinion)), stands=True)
    if heard is None:
        return Reconciled(codebook.complete({}), stands=False)
    said = heard.opinion or {}
    if backing is None or backing.weighing is None:
        answered = heard.outcome is Outcome.ANSWERED
        return Reconciled(codebook.complete(answer_of(said)), stands=answered)
    sources = Sources(
        code, heard.annotator, said, backing.opinion, are_one=heard.annotator == "rules"
    )
    found = Reconciled(codebook.complete({}), stands=False)
    if said:
        found = reconcile(sources, backing.weighing, codebook)
    return settled(sources, found, backing.third, codebook)


def _newest(heard: Heard | None, decisions: Mapping[str, Decided]) -> datetime | None:
    moments = [decision.decided_at for decision in decisions.values()]
    return max([*moments, heard.heard_at] if heard is not None else moments, default=None)


def _is_stale(heard: Heard | None, current: Heard | None) -> bool:
    # An earlier answer stands only where it outranks the current one.
    if heard is None or heard is current:
        return False
    return current is None or not heard.same_text


def _standing(
    code: Code,
    answer: Mapping[str, FacetValue | None],
    heard: Heard | None,
    decisions: Mapping[str, Decided],
    codebook: Codebook,
    said: Reconciled,
) -> tuple[Status, str]:
    """Return the status of an answer that is up to date, and the reason for a review."""
    lapsed = [made for made in decisions.values() if not made.same_text]
    if lapsed:
        return Status.IN_REVIEW, f"{lapsed[0].decided_by} decided on an earlier descriptor"
    if decisions:
        reason = objection(code, answer, codebook)
        return (Status.IN_REVIEW if reason else Status.VALID), reason
    reason = heard.reason if heard is not None else ""
    if said.stands:
        return Status.VALID, reason
    if heard is None:
        return Status.PENDING, ""
    return Status.IN_REVIEW, reason or objection(code, answer, codebook)


def objection(code: Code, answer: Mapping[str, FacetValue | None], codebook: Codebook) -> str:
    """Return why an answer cannot stand; empty if it can."""
    broken = broken_rules(code.code_system, code.code, answer)
    reasons = [f"{finding.rule}: {finding.message}" for finding in broken]
    reasons += [f"{facet} cannot be {answer[facet]!r}" for facet in codebook.misfits(answer)]
    if answer[codebook.category.name] is None:
        reasons.append(f"{codebook.category.name} is missing")
    return "; ".join(reasons)


def _answered_by(heard: Heard | None, *, unasked: bool) -> str:
    if heard is not None:
        return answered_by(heard.annotator, heard.model)
    return REFERENCE if unasked else ""


def _is_decided(
    facet: str,
    holding: Mapping[str, Decided],
    heard: Heard | None,
    backing: Backing | None,
    said: Reconciled,
) -> bool:
    """Tell whether a person, a heading or an official table decides the value that stands."""
    if facet in holding:
        return True
    if heard is not None and heard.opinion is not None and facet not in said.chosen:
        stated = heard.opinion.get(facet)
        if stated is not None and stated.decided:
            return True
    if backing is None or (heard is not None and backing.weighing is None):
        return False
    second = backing.opinion.get(facet)
    return second is not None and second.decided and second.value == said.answer[facet]
