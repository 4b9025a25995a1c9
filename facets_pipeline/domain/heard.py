"""What was heard of a code: outcomes of asking, and people's decisions.

Belongs here: the values that a row is derived from. Deriving it is `validation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from facets_pipeline.domain.opinions import FacetValue, Opinion
from facets_pipeline.domain.outcomes import Outcome
from facets_pipeline.domain.reconciliation import Weighing
from facets_pipeline.domain.third_opinion import Third


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


class Hearing(NamedTuple):
    """All that was heard of one code.

    Attributes:
        current: Its outcome under the active recipe and descriptor, if there is one.
        earlier: Its best answer under any other, if there is one.
        decisions: Facet to a person's value.
    """

    current: Heard | None
    earlier: Heard | None
    decisions: Mapping[str, Decided]


@dataclass(frozen=True, slots=True)
class Backing:
    """The second opinion on a code, and what it may do.

    Attributes:
        opinion: What it says, for every facet.
        weighing: How it is weighed against an answer; None where the answer stands alone.
        is_enough: Whether the code is not asked, because this opinion leaves nothing open.
        third: What a review model said where the two differ; None if it was not asked.
    """

    opinion: Opinion
    weighing: Weighing | None = None
    is_enough: bool = False
    third: Third | None = None


def outranks(earlier: Heard | None, current: Heard | None) -> bool:
    """Tell whether an earlier answer counts although there is a current one.

    Rules never replace a model's answer, not even when they were made the active recipe.
    """
    return (
        earlier is not None
        and current is not None
        and current.annotator == "rules"
        and earlier.annotator != "rules"
    )


def best_of(current: Heard | None, earlier: Heard | None) -> Heard | None:
    """Return the one whose values a row shows."""
    return earlier if current is None or outranks(earlier, current) else current
