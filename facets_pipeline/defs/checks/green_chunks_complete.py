"""The check `green_chunks_complete`: are the chunks that the grid shows green still complete?

A new release, recipe or `--force` leaves codes pending in partitions that stay green: Dagster does
not know of them. This check does.
"""

from collections.abc import Collection

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures
from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.checks.naming import named
from facets_pipeline.defs.partitions import cell_key

GREEN_CHUNKS_COMPLETE = dg.AssetCheckSpec(
    "green_chunks_complete",
    asset="llm_facets",
    description="No chunk that the partition grid shows as materialised has pending codes. When "
    "red: a release, recipe or --force changed what is asked; run the job refresh_pending, which "
    "asks exactly what is pending and nothing else.",
)


def green_chunks_complete(
    store: Store, instance: dg.DagsterInstance, about_to_be_green: Collection[str] = ()
) -> dg.AssetCheckResult:
    """Check every chunk of the loaded code systems that the grid shows green.

    A warning: facets of an earlier recipe or text still stand, marked as stale, and asking again
    spends money, which is a person's decision.

    Args:
        store: Where pending codes are counted.
        instance: Which knows what is green.
        about_to_be_green: Keys of partitions that this run is about to materialise.
    """
    green = {*instance.get_materialized_partitions(GREEN_CHUNKS_COMPLETE.asset_key)}
    green |= set(about_to_be_green)
    stale = [
        cell
        for system in store.releases.loaded()
        for cell in store.cells.incomplete(system, store.today())
        if _key(cell) in green
    ]
    pending = sum(cell.pending for cell in stale)
    return dg.AssetCheckResult(
        check_name=GREEN_CHUNKS_COMPLETE.name,
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{pending:,} codes are pending in {len(stale)} chunks that are shown green.",
        metadata={
            "pending": pending,
            "chunks": named([_key(cell) for cell in stale]),
            "why": dg.MetadataValue.md(why_table(store, stale)),
        },
    )


def why_table(store: Store, cells: Collection[CellFigures]) -> str:
    """Return a Markdown table of incomplete chunks, how many codes each lacks, and why."""
    opened, rows = OpenCodes(store.database), list[tuple[str, int, str]]()
    for system in sorted({cell.code_system for cell in cells}):
        reasons = opened.reasons(system, store.today())
        for cell in cells:
            if cell.code_system == system:
                why = reasons.get(cell.chunk, {})
                told = ", ".join(f"{count:,} {reason.value}" for reason, count in why.items())
                rows.append((_key(cell), cell.pending, told))
    return markdown.table(("chunk", "pending", "why"), rows, empty="No code is pending.")


def _key(cell: CellFigures) -> str:
    return str(cell_key(cell.code_system, cell.chunk))
