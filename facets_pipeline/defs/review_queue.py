"""The asset `review_queue`: the codes that a person should look at, the most pressing first.

Belongs here: what is shown of the queue. Its order is `domain/review`; deciding is done on the
command line, by `facets review`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import dagster as dg

from facets_pipeline.adapters.store.review_queue import review_queue as read_queue
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.markdown import table
from facets_pipeline.defs.metadata import FREE, OWNERS, Metadata, Result
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.defs.validated_facets import validated_facets
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.review import Cause, Waiting

SHOWN_CODES = 50
"""Codes that are named on the page: an hour's work; `facets review list` shows all."""


@dg.asset(
    deps=[validated_facets],
    automation_condition=FOLLOWS,
    group_name="reports",
    kinds={"table"},
    owners=OWNERS,
    tags=FREE,
    description="The codes in review or in doubt, the ones that matter most first: without values "
    "before in doubt, the category before facets that bind others, a strong basis before a guess. "
    "`facets review` shows both opinions on a code and records what a person decides.",
)
def review_queue(store: StoreResource) -> Result:
    """Put the waiting codes of all code systems in order; no descriptor is shown."""
    with plain_failures(), store.open() as opened:
        queue = read_queue(opened.database, opened.flat)
    return Result(metadata=queue_metadata(queue))


def queue_metadata(queue: Sequence[Waiting]) -> Metadata:
    """Return what is shown of the queue: counts that plot over time, and its first codes."""
    by_cause = Counter(item.cause for item in queue)
    by_facet = Counter(facet for item in queue for facet in item.facets)
    in_doubt = by_cause[Cause.DOUBT]
    counts = {
        "dagster/row_count": len(queue),
        "in_review": len(queue) - in_doubt,
        "in_doubt": in_doubt,
        # One entry each, zeros too: Dagster plots what is a number, run by run.
        **{f"cause_{cause.name.lower()}": by_cause[cause] for cause in Cause},
        **{f"facet_{facet}": by_facet[facet] for facet in CODEBOOK.names},
    }
    by_reason = ((cause.title, by_cause[cause]) for cause in Cause)
    return {
        **{name: dg.MetadataValue.int(count) for name, count in counts.items()},
        "first_codes": dg.MetadataValue.md(_first(queue)),
        "by_facet": dg.MetadataValue.md(_counted("facet", by_facet.most_common())),
        "by_reason": dg.MetadataValue.md(_counted("why", by_reason)),
    }


def _first(queue: Sequence[Waiting]) -> str:
    rows = [
        (
            *(item.code_system, item.code, item.facet),
            *(shown(item.said), shown(item.second) if item.basis else "none", item.why),
        )
        for item in queue[:SHOWN_CODES]
    ]
    headings = ("code system", "code", "facet", "answer", "second opinion", "why")
    return table(headings, rows, empty="Nothing waits for a person.")


def _counted(what: str, counts: Iterable[tuple[str, int]]) -> str:
    rows = [(name, f"{number:,}") for name, number in counts if number]
    return table((what, "codes"), rows, empty="Nothing waits for a person.")
