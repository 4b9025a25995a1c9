"""What became of asking about a code: answered, or in review with a reason."""

from dataclasses import dataclass
from enum import StrEnum

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion, answer_of
from facets_pipeline.domain.rules import Finding, broken_rules


class Outcome(StrEnum):
    """The two ends of a question; a code without either is pending."""

    ANSWERED = "answered"
    IN_REVIEW = "in_review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is recorded for one code after it was asked.

    Attributes:
        code: The code as it was asked.
        outcome: How it ended.
        opinion: What was said of it; None if nothing usable was said.
        findings: The rules that the opinion breaks.
        reason: Why it is in review; empty if answered.
        attempts: How often it was asked.
    """

    code: Code
    outcome: Outcome
    opinion: Opinion | None
    findings: tuple[Finding, ...]
    reason: str
    attempts: int


def judge(code: Code, opinion: Opinion, *, attempts: int = 1) -> Verdict:
    """Check an opinion against the cross-field rules: what breaks one goes to review."""
    findings = tuple(broken_rules(code.code_system, code.code, answer_of(opinion)))
    reason = "; ".join(f"{finding.rule}: {finding.message}" for finding in findings)
    outcome = Outcome.IN_REVIEW if findings else Outcome.ANSWERED
    return Verdict(code, outcome, opinion, findings, reason, attempts)
