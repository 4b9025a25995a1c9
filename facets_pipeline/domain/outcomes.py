"""What became of asking about a code: answered, or in review with a reason."""

from dataclasses import dataclass
from enum import StrEnum

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion, answer_of
from facets_pipeline.domain.rules import Finding, broken_rules
from facets_pipeline.domain.wire import Reading


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


MAX_ATTEMPTS = 3
"""Answers to one question, over all runs, after which a person should look."""


MAX_LOST = 8
"""Lost replies about one code, over all runs, after which a person should look.

Each may have been paid. More than one run makes on its own (`MOST_LOST` of the engine's course): a
connection that is down for the length of a run sends no code to review.
"""


def verdict_of(reading: Reading, *, attempts: int) -> Verdict | None:
    """Return what becomes of a code after its answer was read; None to ask again.

    Args:
        reading: What was read.
        attempts: How often it was answered, this time included.
    """
    if reading.problem is None:
        return Verdict(reading.code, Outcome.ANSWERED, reading.opinion, (), "", attempts)
    if attempts < MAX_ATTEMPTS:
        return None
    reason = f"{reading.problem.value} after {attempts} answers: {reading.detail}"
    return Verdict(
        reading.code, Outcome.IN_REVIEW, reading.opinion, reading.findings, reason, attempts
    )


def verdict_on_lost(code: Code, *, lost: int, attempts: int, error: str) -> Verdict | None:
    """Return what becomes of a code whose reply did not come; None to ask again.

    Args:
        code: The code, which was asked alone: of several, nobody could tell which is to blame.
        lost: How many replies about it never came, over all runs, this one included.
        attempts: How often it was answered, without an answer that stood.
        error: How the last reply was lost.
    """
    if lost < MAX_LOST:
        return None
    reason = f"no reply came {lost} times, though asked alone: {error}"
    return Verdict(code, Outcome.IN_REVIEW, None, (), reason, attempts)


def judge(code: Code, opinion: Opinion, *, attempts: int = 1) -> Verdict:
    """Check an opinion against the cross-field rules: what breaks one goes to review."""
    findings = tuple(broken_rules(code.code_system, code.code, answer_of(opinion)))
    reason = "; ".join(f"{finding.rule}: {finding.message}" for finding in findings)
    outcome = Outcome.IN_REVIEW if findings else Outcome.ANSWERED
    return Verdict(code, outcome, opinion, findings, reason, attempts)
