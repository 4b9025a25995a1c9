"""What the coverage report says, as plain figures; the store counts, the report draws.

Denominators count active codes. A code is *answered* with a valid answer under its system's active
recipe, *stale* with an answer under an older one only, *in review* where a person should look, and
*pending* without any. The four add up to the active codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from facets_pipeline.domain.evaluation import Evaluation, TrendPoint
from facets_pipeline.domain.opinions import FacetValue


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What was read for a code system.

    Attributes:
        file: Name of the file or table.
        format: What the reader took it for.
        release: Label of the release, as "2026-01".
        loaded_at: When, in UTC.
        skipped: Rule name to number of rows that were left out on purpose, as modifiers.
        refused: Rule name to number of rows that could not be used.
        changes: Compared with the release before: "added", "changed", "absent", "unchanged".
    """

    file: str
    format: str
    release: str
    loaded_at: datetime
    skipped: Mapping[str, int]
    refused: Mapping[str, int]
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FacetFigures:
    """One facet over the active codes of one system.

    Attributes:
        facet: Name of the facet.
        with_value: Codes that have a value.
        not_applicable: Codes whose answer leaves it out: not applicable or not stated.
        unknown: Codes without an answer, or in review.
        distribution: Value to number of codes, most frequent first.
    """

    facet: str
    with_value: int
    not_applicable: int
    unknown: int
    distribution: Mapping[FacetValue, int]


@dataclass(frozen=True, slots=True)
class FindingFigures:
    """How often a rule is broken, with some of the codes."""

    rule: str
    sentence: str
    count: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A code that a person should look at, and why.

    Attributes:
        code: The code.
        reason: Why, in a line.
        facet: The facet that matters most in it; empty if none is known.
        said: The answer's value of it, as people write it.
        second: The second opinion's value of it; empty where there is no second opinion.
    """

    code: str
    reason: str
    facet: str = ""
    said: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class SystemFigures:
    """Everything the report says of one code system.

    Attributes:
        code_system: Its name.
        source: What was read; None if nothing was loaded.
        annotator: Who answered, in words: "rules 1.0", "claude claude-sonnet-5-5".
        active: Active codes, the denominator of all rates.
        terminated: Codes that are no longer in force.
        not_yet_effective: Codes that are not in force yet.
        absent: Codes that a complete release no longer lists.
        answered: Active codes with a valid answer.
        stale: Active codes with an answer under an older recipe only.
        in_review: Active codes that a person should look at.
        pending: Active codes without an answer.
        decided: Share (0 to 1) of given values that a heading or an official source decides.
        facets: One entry per facet, in the codebook's order.
        findings: Broken rules, most frequent first.
        review: Some of the codes in review or in doubt, those that matter most first.
        in_doubt: Codes with a valid answer of which a person should look at a facet.
    """

    code_system: str
    source: SourceFigures | None
    annotator: str
    active: int
    terminated: int
    not_yet_effective: int
    absent: int
    answered: int
    stale: int
    in_review: int
    pending: int
    decided: float
    facets: tuple[FacetFigures, ...]
    findings: tuple[FindingFigures, ...]
    review: tuple[ReviewItem, ...]
    in_doubt: int = 0

    @property
    def coverage(self) -> float:
        """Share (0 to 1) of active codes with a valid answer; 0 without active codes."""
        return self.answered / self.active if self.active else 0.0


@dataclass(frozen=True, slots=True)
class CostFigures:
    """What one model cost on one day (UTC).

    Attributes:
        day: The day.
        annotator: "rules", or the model's name.
        calls: Calls made.
        codes: Codes that they asked for.
        input_tokens: Input tokens at full price.
        cached_tokens: Input tokens read from the cache.
        output_tokens: Output tokens, thinking included.
        usd: Cost in dollars; None if a price is not known.
        in_doubt: Calls whose reply never arrived.
    """

    day: date
    annotator: str
    calls: int
    codes: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    usd: float | None
    in_doubt: int


@dataclass(frozen=True, slots=True)
class CoverageFigures:
    """The whole report.

    Attributes:
        made_at: When it was counted, in UTC.
        codebook_version: Label of the codebook.
        systems: One entry per code system that has a source.
        costs: What was spent.
        accuracy: How right every source is; None without gold labels.
        trend: How right they were before, the oldest first.
    """

    made_at: datetime
    codebook_version: str
    systems: tuple[SystemFigures, ...]
    costs: tuple[CostFigures, ...]
    accuracy: Evaluation | None = None
    trend: tuple[TrendPoint, ...] = ()
