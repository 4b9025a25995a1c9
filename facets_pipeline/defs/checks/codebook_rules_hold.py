"""The check `codebook_rules_hold`: does no row that counts as valid break the codebook?"""

import dagster as dg

from facets_pipeline.adapters.store.audits import broken_codes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.checks.naming import named

CODEBOOK_RULES_HOLD = dg.AssetCheckSpec(
    "codebook_rules_hold",
    asset="validated_facets",
    blocking=True,
    description="No row that counts as valid breaks a cross-field rule or misfits the codebook. "
    "When red: somebody changed the table by hand; drop it and materialise again, which makes it "
    "anew from what was answered.",
)


def codebook_rules_hold(store: Store, code_system: str) -> dg.AssetCheckResult:
    """Check the rows of one code system.

    An error that stops what follows: the table is derived and cannot break its own rules, so
    whatever did it did not go through this pipeline, and a report on it would be wrong. Only the
    partition's own system counts: a broken one must not stop the others.
    """
    broken = broken_codes(store.database, store.flat, code_system)
    return dg.AssetCheckResult(
        check_name=CODEBOOK_RULES_HOLD.name,
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(broken):,} valid rows of {code_system} break the codebook.",
        metadata={"code_system": code_system, "rows": len(broken), "codes": named(broken)},
    )
