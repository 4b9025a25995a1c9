"""The asset `reference_facets`: a second opinion on every active code, and what it rests on."""

import dagster as dg

from facets_pipeline.adapters.store.second_opinions import Counts
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.columns import SECOND_COLUMNS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.markdown import table
from facets_pipeline.defs.metadata import FREE, OWNERS, Result
from facets_pipeline.defs.partitions import system_partitions
from facets_pipeline.defs.raw_codes import raw_codes
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.bases import BasisKind
from facets_pipeline.domain.code_systems import code_system


@dg.asset(
    partitions_def=system_partitions,
    deps=[raw_codes],
    automation_condition=FOLLOWS,
    group_name="facets",
    kinds={"sql", "table"},
    owners=OWNERS,
    tags=FREE,
    metadata={"dagster/column_schema": SECOND_COLUMNS, "dagster/table_name": "second_opinion"},
    description="What headings, descriptors and loaded official tables (fee schedule, RBCS) say of "
    "each code, with the basis of each value. Free; `facets load --reference FILE` sharpens it.",
)
def reference_facets(context: dg.AssetExecutionContext, store: StoreResource) -> Result:
    """Bring the second opinions on one code system up to date."""
    system = code_system(context.partition_key)
    with plain_failures(), store.open() as opened:
        refreshed = opened.second.refresh(system.name, opened.today())
        counts = opened.second.counts(system.name)
        releases = opened.references.releases()
        enough = opened.second.enough(system.name)
    values = sum(sum(kinds.values()) for kinds in counts.values())
    by_kind = {
        kind: sum(kinds.get(kind, 0) for kinds in counts.values()) / max(1, values)
        for kind in BasisKind
    }
    return Result(
        metadata={
            "dagster/row_count": refreshed.codes,
            "codes_that_need_no_answer": enough,
            **{f"share_by_{kind.name.lower()}": share for kind, share in by_kind.items()},
            "official_tables": dg.MetadataValue.text(
                ", ".join(f"{kind} {release}" for kind, release in sorted(releases.items()))
                or "none: `facets load --reference FILE` loads one"
            ),
            "bases": dg.MetadataValue.md(_bases(counts)),
        }
    )


def _bases(counts: Counts) -> str:
    """Return how many values of each facet rest on which kind of basis, as a table."""
    rows = [
        [facet, *(f"{kinds.get(kind, 0):,}" for kind in BasisKind)]
        for facet, kinds in counts.items()
    ]
    return table(["facet", *(kind.value for kind in BasisKind)], rows, empty="No codes.")
