"""The check `chunk_complete`: has every code of the chunks that were filled last an outcome?"""

from collections.abc import Sequence

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures
from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.naming import NAMED_CODES, named
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.engine.ports import Scope

CHUNK_COMPLETE = dg.AssetCheckSpec(
    "chunk_complete",
    asset="llm_facets",
    description="Every active code of the chunks that the last run filled has an outcome. When "
    "red: the metadata names the codes; run these partitions again, which asks exactly them.",
)


def chunk_complete(
    store: Store, filled: Sequence[str], incomplete: Sequence[CellFigures]
) -> dg.AssetCheckResult:
    """Check the cells that a run filled.

    A warning: nothing is wrong with what is there, and the next run asks what is not.

    Args:
        store: The store.
        filled: Keys of the partitions that the run filled.
        incomplete: Those of them that have pending codes.
    """
    codes: list[str] = []
    for cell in incomplete:
        if len(codes) < NAMED_CODES:
            scope = Scope(cell.code_system, store.today(), cell.chunk)
            found = OpenCodes(store.database).pending(scope, NAMED_CODES - len(codes))
            codes += [f"{code.code} ({code.why.value})" for code in found]
    pending = sum(cell.pending for cell in incomplete)
    return dg.AssetCheckResult(
        check_name=CHUNK_COMPLETE.name,
        passed=not incomplete,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{pending:,} codes of {len(incomplete)} of {len(filled)} chunks are pending.",
        metadata={
            "chunk": filled[0] if len(filled) == 1 else f"{len(filled)} chunks",
            "incomplete": named(
                [str(cell_key(cell.code_system, cell.chunk)) for cell in incomplete]
            ),
            "pending": pending,
            "codes": named(codes, pending),
        },
    )
