"""What can be asked of the search and what it finds; plain values, no query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from facets_pipeline.adapters.store.search_counts import Chosen, Counts
from facets_pipeline.domain.codebook import Codebook

IN_DOUBT = "in_doubt"
"""The filter that tells codes in which some value is in doubt from all others."""

Row = Mapping[str, Any]


def filters_of(codebook: Codebook) -> tuple[str, ...]:
    """Return the names of all filters: what a search may choose values of."""
    return ("code_system", "status", IN_DOUBT, *codebook.names)


class Place(NamedTuple):
    """A place in the order of all codes: where a page ended."""

    code_system: str
    code: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One search.

    Attributes:
        chosen: Filter to values, of which one must hold: facets, `code_system`, `status`,
            `in_doubt`.
        text: Words of the descriptor or beginnings of codes; empty for all.
        after: The place after which the page begins; None for the first page.
        limit: Codes on the page at most.
        counted: Whether to count what each further value would find.
    """

    chosen: Chosen = field(default_factory=dict[str, Any])
    text: str = ""
    after: Place | None = None
    limit: int = 50
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One page, as of one state of the store.

    Attributes:
        version: The state of the data.
        rows: The codes in order: key, descriptor, facets, status, in_doubt, model,
            updated_at.
        next_place: Where the next page begins; None on the last.
        counts: What was counted, if it was asked for.
    """

    version: str
    rows: Sequence[Row]
    next_place: Place | None
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one code.

    Attributes:
        version: The state of the data.
        row: Its whole flat row, opinions included.
        recipe: Annotator, model and label of the recipe; None while it is pending.
        decisions: What people decided, the oldest first, undone ones included.
    """

    version: str
    row: Row
    recipe: Row | None
    decisions: Sequence[Row]
