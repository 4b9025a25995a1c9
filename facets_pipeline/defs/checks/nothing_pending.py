"""The check `nothing_pending`: has every active code an outcome under its active recipe?"""

import dagster as dg

from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.green_chunks_complete import why_table
from facets_pipeline.defs.checks.naming import NAMED_CODES, named
from facets_pipeline.engine.ports import Scope

NOTHING_PENDING = dg.AssetCheckSpec(
    "nothing_pending",
    asset="validated_facets",
    description="Every active code of every loaded code system has an outcome under the active "
    "recipe. When red: run the job refresh_pending, which asks exactly the codes that are named.",
)


def nothing_pending(store: Store) -> dg.AssetCheckResult:
    """Check every loaded code system.

    A warning: rows of pending codes say so themselves, and asking spends money, which is a
    person's decision.
    """
    day = store.today()
    found = {name: store.cells.incomplete(name, day) for name in store.releases.loaded()}
    counts = {name: sum(cell.pending for cell in cells) for name, cells in found.items()}
    codes: list[str] = []
    for system in (name for name, count in counts.items() if count):
        some = OpenCodes(store.database).pending(Scope(system, day), NAMED_CODES - len(codes))
        codes += [code.code for code in some]
    pending = sum(counts.values())
    table = why_table(store, [cell for cells in found.values() for cell in cells])
    return dg.AssetCheckResult(
        check_name=NOTHING_PENDING.name,
        passed=not pending,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{pending:,} codes are pending.",
        metadata={
            "pending": pending,
            **{f"pending_{system}": count for system, count in counts.items()},
            "codes": named(codes, pending),
            "by_chunk": dg.MetadataValue.md(table),
        },
    )
