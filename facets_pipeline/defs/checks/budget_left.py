"""The check `budget_left`: how much of the day's budget is spent or reserved?"""

import dagster as dg

from facets_pipeline.adapters.store.budgets import Spent, day_scope, spent
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import BudgetError
from facets_pipeline.domain.money import NANO
from facets_pipeline.settings import Settings

WARN_FROM = 0.8
"""Share of the day's budget from which it is told: there is still time to raise it before a run
that was meant to end today does not."""

BUDGET_LEFT = dg.AssetCheckSpec(
    "budget_left",
    asset="llm_facets",
    description=f"Less than {WARN_FROM:.0%} of the day's budget (UTC) is spent or reserved, over "
    "all runs and processes. When red: raise FACETS_BUDGET_USD_PER_DAY, or run again tomorrow; "
    "what was answered costs nothing again.",
)


def budget_left(store: Store, stopped_by: BudgetError | None = None) -> dg.AssetCheckResult:
    """Check the budget of the day.

    A warning from `WARN_FROM` on. An error when the day's budget stopped a run: nothing more will
    be asked today unless a person acts. A run that ends at a budget of its own did what whoever
    set it wanted: a warning.

    Args:
        store: Where the budget is kept.
        stopped_by: What stopped this run, if a budget did.
    """
    with store.database.read() as connection:
        scope = day_scope(store.database.now(connection))
        kept = spent(connection, scope)
    budget = Settings.load().budget_usd_per_day
    share = (kept.settled + kept.reserved) / NANO / budget if budget else None
    by_day = stopped_by is not None and stopped_by.scope in {scope, ""}
    error, warn = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name=BUDGET_LEFT.name,
        passed=stopped_by is None and (share is None or share < WARN_FROM),
        severity=error if by_day else warn,
        description=str(stopped_by) if stopped_by is not None else _told(kept, budget),
        metadata={
            "spent_usd": kept.settled / NANO,
            "reserved_usd": kept.reserved / NANO,
            "budget_usd": budget,
            **({} if share is None else {"used_share": share}),
            "warn_from": WARN_FROM,
        },
    )


def _told(kept: Spent, budget: float) -> str:
    return (
        f"Today (UTC) ${kept.settled / NANO:,.4f} of ${budget:,.2f} are spent and "
        f"${kept.reserved / NANO:,.4f} reserved."
    )
