"""Filling the ledger: every pending code of a scope gets an outcome, a claim at a time.

The loop here is for annotators that work within this process at no cost. Several processes may run
it at once: each takes what the others have not claimed, then waits for what they hold.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from facets_pipeline.domain.outcomes import Outcome, Verdict, judge
from facets_pipeline.domain.usage import Usage
from facets_pipeline.engine.ports import Annotator, Claim, Ledger, Scope

CLAIM_SIZE = 500
"""Codes per claim: two transactions each, and at most this much is done twice after a kill."""

WAIT_SECONDS = 0.5
"""How long to wait before looking again at codes that another process holds."""


@dataclass(slots=True)
class FillReport:
    """What filling did.

    Attributes:
        asked: Codes that this process asked about.
        answered: Of these, codes with a valid answer.
        in_review: Of these, codes that went to review.
        waited_for: Codes that other processes held at the time and have since settled.
        repaired: Of the answered, codes whose first answer did not stand.
        calls: Calls that were answered.
        refused: Calls that the API turned away, unpaid.
        in_doubt: Calls whose reply never arrived: they may have been paid.
        cost_nano_usd: What the answered calls cost; None if a price is not known.
        input_tokens: Their input tokens at full price.
        cache_read_tokens: Their input tokens that were read from the cache.
        cache_write_tokens: Their input tokens that were written to it.
        output_tokens: Their output tokens, thinking included.
    """

    asked: int = 0
    answered: int = 0
    in_review: int = 0
    waited_for: int = 0
    repaired: int = 0
    calls: int = 0
    refused: int = 0
    in_doubt: int = 0
    cost_nano_usd: int | None = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0

    def add_usage(self, usage: Usage) -> None:
        """Add what a call used."""
        self.input_tokens += usage.input_tokens
        self.cache_read_tokens += usage.cache_read_tokens
        self.cache_write_tokens += usage.cache_write_tokens
        self.output_tokens += usage.output_tokens

    def add_cost(self, nano_usd: int | None) -> None:
        """Add what a call cost; an unknown price makes the sum unknown, never too low."""
        known = self.cost_nano_usd is not None and nano_usd is not None
        self.cost_nano_usd = (self.cost_nano_usd or 0) + (nano_usd or 0) if known else None


Progress = Callable[[FillReport], None]
"""Called after every claim with the figures so far."""


def silent(_report: FillReport) -> None:
    """Show no progress."""


def fill(
    ledger: Ledger,
    annotator: Annotator,
    scope: Scope,
    *,
    limit: int | None = None,
    progress: Progress = silent,
) -> FillReport:
    """Ask about the pending codes of `scope` until none is left, or `limit` codes were asked.

    Raises:
        FacetsError: Whatever ledger or annotator raise; claims are given back before.
    """
    report = FillReport()
    recipe_id = annotator.recipe.recipe_id
    while True:
        _one_pass(ledger, annotator, scope, limit, report, progress)
        if limit is not None and report.asked >= limit:
            return report
        held = ledger.pending(scope, recipe_id)
        if not held:
            return report
        report.waited_for = max(report.waited_for, held)
        time.sleep(WAIT_SECONDS)


def _one_pass(
    ledger: Ledger,
    annotator: Annotator,
    scope: Scope,
    limit: int | None,
    report: FillReport,
    progress: Progress,
) -> None:
    recipe_id = annotator.recipe.recipe_id
    after = ""
    while limit is None or report.asked < limit:
        size = CLAIM_SIZE if limit is None else min(CLAIM_SIZE, limit - report.asked)
        claim = ledger.claim(scope, recipe_id, size=size, after=after)
        if claim is None:
            return
        after = claim.codes[-1].code
        verdicts = _settle(ledger, annotator, claim)
        report.asked += len(verdicts)
        answered = sum(verdict.outcome is Outcome.ANSWERED for verdict in verdicts)
        report.answered += answered
        report.in_review += len(verdicts) - answered
        progress(report)


def _settle(ledger: Ledger, annotator: Annotator, claim: Claim) -> list[Verdict]:
    try:
        opinions = annotator.annotate(claim.codes)
        verdicts = [
            judge(code, opinion) for code, opinion in zip(claim.codes, opinions, strict=True)
        ]
        ledger.settle(claim, annotator.recipe.recipe_id, verdicts)
    except BaseException as error:
        ledger.release(claim, repr(error))
        raise
    return verdicts
