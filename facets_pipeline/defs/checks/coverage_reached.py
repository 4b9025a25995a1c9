"""The check `coverage_reached`: have enough codes of each code system a valid answer?"""

import dagster as dg

from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.checks.naming import NAMED_CODES, named
from facets_pipeline.domain.coverage import CoverageFigures, SystemFigures
from facets_pipeline.engine.ports import Scope

COVERAGE_REACHED = dg.AssetCheckSpec(
    "coverage_reached",
    asset="coverage_report",
    description="At least the share FACETS_COVERAGE_THRESHOLD (99 % unless set) of the active "
    "codes of each loaded code system has a valid answer. When red: run the job refresh_pending "
    "for what is pending, and decide what is in review.",
)


def coverage_reached(
    store: Store, figures: CoverageFigures, threshold: float
) -> dg.AssetCheckResult:
    """Check every loaded code system against `threshold`, a share from 0 to 1.

    An error: whoever uses the table for all codes gets it wrong now. It stops nothing, for the
    report that says so must be written. With nothing loaded it is red as well.
    """
    below = {
        system.code_system: system.coverage
        for system in figures.systems
        if system.coverage < threshold
    }
    told = ", ".join(f"{system.code_system} {system.coverage:.2%}" for system in figures.systems)
    return dg.AssetCheckResult(
        check_name=COVERAGE_REACHED.name,
        passed=bool(figures.systems) and not below,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"Coverage: {told}." if told else "No code system is loaded.",
        metadata={
            "threshold": threshold,
            "below": dg.MetadataValue.json(below),
            **{f"coverage_{each.code_system}": each.coverage for each in figures.systems},
            "by_system": dg.MetadataValue.md(_table(store, figures)),
        },
    )


def _table(store: Store, figures: CoverageFigures) -> str:
    rows = [
        (
            system.code_system,
            f"{system.active:,}",
            f"{system.coverage:.2%}",
            f"{system.pending + system.stale:,}",
            f"{system.in_review:,}",
            _without(store, system),
        )
        for system in figures.systems
    ]
    headings = ("code system", "active", "coverage", "pending", "in review", "codes without answer")
    return markdown.table(headings, rows, empty="No code system is loaded.")


def _without(store: Store, system: SystemFigures) -> str:
    scope = Scope(system.code_system, store.today())
    pending = OpenCodes(store.database).pending(scope, NAMED_CODES)
    codes = [code.code for code in pending] + [item.code for item in system.review]
    return named(codes, system.active - system.answered)
