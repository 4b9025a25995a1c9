"""The page of `reference_facets`: how many codes have a second opinion, and what it rests on."""

from collections import Counter
from collections.abc import Mapping

import dagster as dg

from facets_pipeline.adapters.store.second_opinions import Counts, SecondReport
from facets_pipeline.defs import markdown
from facets_pipeline.defs.metadata import Metadata
from facets_pipeline.domain.bases import BasisKind


def second_metadata(
    refreshed: SecondReport, counts: Counts, releases: Mapping[str, str], enough: int
) -> Metadata:
    """Return what is shown of the second opinions on a code system.

    Args:
        refreshed: What bringing them up to date came to.
        counts: What the values of each facet rest on.
        releases: Kind of official table to the release that is loaded.
        enough: Codes whose second opinion leaves nothing open.
    """
    by_kind = Counter[BasisKind]()
    for kinds in counts.values():
        by_kind.update(kinds)
    # Without a value each share is 0: no part of nothing rests on anything.
    values = max(1, by_kind.total())
    shares = {f"share_by_{kind.name.lower()}": by_kind[kind] / values for kind in BasisKind}
    tables = ", ".join(f"{kind} {release}" for kind, release in sorted(releases.items()))
    return {
        "dagster/row_count": dg.MetadataValue.int(refreshed.codes),
        "codes_that_need_no_answer": dg.MetadataValue.int(enough),
        **{name: dg.MetadataValue.float(share) for name, share in shares.items()},
        "official_tables": dg.MetadataValue.text(
            tables or "none: `facets load --reference FILE` loads one"
        ),
        "bases": dg.MetadataValue.md(_bases(counts)),
    }


def _bases(counts: Counts) -> str:
    rows = [
        [facet, *(f"{kinds.get(kind, 0):,}" for kind in BasisKind)]
        for facet, kinds in counts.items()
    ]
    return markdown.table(["facet", *(kind.value for kind in BasisKind)], rows, empty="No codes.")
