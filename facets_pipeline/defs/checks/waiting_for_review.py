"""The check `review_backlog`: how many codes wait for a person, and for how long?"""

import dagster as dg

from facets_pipeline.adapters.store.review_backlog import review_backlog
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.checks.naming import NAMED_CODES, named

MOST_WAITING = 0.2
"""Share of the codes that may wait: people are asked about one code in five at most; where more
wait, the answers themselves are the problem, and nobody works through such a pile."""

REVIEW_BACKLOG = dg.AssetCheckSpec(
    "review_backlog",
    asset="validated_facets",
    description=f"At most {MOST_WAITING:.0%} of the active codes of each loaded system wait for a "
    "person. When red: look at the first of them for a common reason (another model, a rule, a "
    "source) before deciding them one by one.",
)


def waiting_for_review(store: Store) -> dg.AssetCheckResult:
    """Check every loaded code system.

    A warning: codes in review have no values in the table, those in doubt say so; it is work that
    waits, not a fault.
    """
    found = [
        review_backlog(store.database, store.flat, name, NAMED_CODES)
        for name in store.releases.loaded()
    ]
    over = [backlog for backlog in found if backlog.share > MOST_WAITING]
    rows = [
        (
            backlog.code_system,
            f"{backlog.in_review:,}",
            f"{backlog.in_doubt:,}",
            f"{backlog.share:.1%}",
            backlog.oldest.date().isoformat() if backlog.oldest is not None else "none",
            named(backlog.codes, backlog.waiting),
        )
        for backlog in found
    ]
    headings = ("code system", "in review", "in doubt", "share", "oldest since", "codes")
    return dg.AssetCheckResult(
        check_name=REVIEW_BACKLOG.name,
        passed=not over,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{sum(backlog.waiting for backlog in found):,} codes wait for a person.",
        metadata={
            "threshold": MOST_WAITING,
            **{f"in_review_{backlog.code_system}": backlog.in_review for backlog in found},
            **{f"in_doubt_{backlog.code_system}": backlog.in_doubt for backlog in found},
            **{f"share_{backlog.code_system}": backlog.share for backlog in found},
            "backlog": dg.MetadataValue.md(
                markdown.table(headings, rows, empty="No code system is loaded.")
            ),
        },
    )
