"""What spends money by itself: two schedules, off until a person turns them on, and capped.

A tick launches work and does none. What one tick may spend, over all the runs that it launches, is
`FACETS_SCHEDULE_BUDGET_USD`; the budget of the day holds beside it. Its runs are not retried by
themselves, since each retry would have a budget of its own.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.dead_runs import NO_RETRY_TAG
from facets_pipeline.defs.filling import AskingConfig
from facets_pipeline.defs.newest_release import HCPCS, load_newest_release
from facets_pipeline.defs.pending_cells import PendingCells, pending_cells
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import BudgetError
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.shares import shares
from facets_pipeline.settings import Settings

NIGHTLY = "0 3 * * *"
"""At 03:00 UTC."""

QUARTERLY = "0 5 5 1,4,7,10 *"
"""CMS releases take effect on the first of January, April, July and October; by the fifth the file
should be in its folder."""

REQUESTS_IN_A_SHARE = 2
"""Requests, at their worst price, that the smallest share of a budget pays for: with one, a single
long descriptor would leave a partition nothing to ask with."""

_WHOLE_LEDGER_JOBS = ("fill_ledger", "refresh_pending", load_newest_release.name)
"""Jobs that ask for all partitions of a code system in one run."""

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

Launches = list[dg.RunRequest] | dg.SkipReason
"""What a tick comes to."""


def launch_pending(
    context: dg.ScheduleEvaluationContext, store: StoreResource, claude: ClaudeResource
) -> Launches:
    """Launch exactly the partitions that have pending codes and are not being asked already.

    Raises:
        AnnotatorError: Who would answer cannot be told, or the budget pays for nothing.
    """
    unfinished = context.instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED))
    for run in unfinished:
        if run.job_name in _WHOLE_LEDGER_JOBS:
            return dg.SkipReason(f"Run {run.run_id} is asking everything that is pending already.")
    busy = {run.tags.get("dagster/partition", "") for run in unfinished}
    with store.open() as opened:
        loaded = opened.releases.loaded()
        absent = ", ".join(name for name in CODE_SYSTEMS if name not in loaded)
        left_out = f" {absent}: no source." if absent else ""
        if not loaded:
            return dg.SkipReason(
                "No code system has a source: run `facets load FILE`, or set "
                f"{' or '.join(f'FACETS_{name}_SOURCE' for name in CODE_SYSTEMS)} and materialise "
                "raw_codes."
            )
        found = [
            _idle(pending_cells(opened, name, AskingConfig(), claude), busy) for name in loaded
        ]
        requests = [*_free(found), *_capped(context, opened, found)]
    context.log.info("%d partitions are launched.%s", len(requests), left_out)
    return requests or dg.SkipReason(f"Nothing is pending.{left_out}")


pending_nightly = dg.schedule(
    name="pending_nightly",
    cron_schedule=NIGHTLY,
    # By name: it is made in `definitions`, which imports this module.
    job_name="materialize_llm_facets",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Asks what is pending: one run for each partition of llm_facets with pending "
    "codes, whatever its colour. Spends FACETS_SCHEDULE_BUDGET_USD a night at most, shared out by "
    "pending codes. Off until you turn it on.",
)(launch_pending)


@dg.schedule(
    cron_schedule=QUARTERLY,
    job_name=load_newest_release.name,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Loads the newest HCPCS release from FACETS_HCPCS_SOURCE after each of CMS's "
    "quarterly dates, and asks what it left pending. Spends FACETS_SCHEDULE_BUDGET_USD at most. "
    "Off until you turn it on.",
)
def quarterly_release() -> dg.RunRequest | dg.SkipReason:
    """Launch the load of the newest release, and what is asked after it, in one run."""
    settings = Settings.load()
    if not settings.source_of(HCPCS):
        return dg.SkipReason(
            "No source is configured: set FACETS_HCPCS_SOURCE to the folder in which you put the "
            "releases of CMS."
        )
    asking = {"code_systems": [HCPCS], "budget_usd": settings.schedule_budget_usd}
    return dg.RunRequest(
        run_config={
            "ops": {
                "load_newest": {"config": {"code_system": HCPCS}},
                "fill_pending": {"config": asking},
            }
        },
        tags=dict(NO_RETRY_TAG),
    )


def _idle(found: PendingCells, busy: set[str]) -> PendingCells:
    codes = {key: number for key, number in found.codes.items() if key not in busy}
    return PendingCells(found.code_system, found.annotator, codes)


def _free(found: Iterable[PendingCells]) -> list[dg.RunRequest]:
    """Return the runs that cost nothing."""
    return [
        _request(key, {})
        for system in found
        if not isinstance(system.annotator, ClaudeAnnotator)
        for key in system.codes
    ]


def _capped(
    context: dg.ScheduleEvaluationContext, store: Store, found: Iterable[PendingCells]
) -> list[dg.RunRequest]:
    """Return the runs that spend, each with its share of what the tick may spend."""
    settings = Settings.load()
    codes: dict[str, int] = {}
    least = 1
    for system in found:
        if isinstance(system.annotator, ClaudeAnnotator) and system.codes:
            codes.update(system.codes)
            least = max(least, _least_share(store, system.code_system, system.annotator))
    budget = round(settings.schedule_budget_usd * NANO)
    given = shares(codes, budget, least)
    if codes and not given:
        raise BudgetError(
            f"FACETS_SCHEDULE_BUDGET_USD is ${settings.schedule_budget_usd:,.4f}, which does not "
            f"pay for one partition: set it to ${least / NANO:,.2f} or more."
        )
    if later := len(codes) - len(given):
        context.log.warning(
            "%d partitions wait for the next tick: the budget is shared out.", later
        )
    return [_request(key, {"budget_usd": share / NANO}) for key, share in given.items()]


def _least_share(store: Store, code_system: str, annotator: ClaudeAnnotator) -> int:
    """Return the nano-dollars that let a partition ask at all.

    Raises:
        BudgetError: The model's price is not known, so that no budget can be kept.
    """
    settings = Settings.load()
    options = ClaudeOptions(budget_usd=settings.schedule_budget_usd)
    terms = annotator.terms(options)
    pages = store.ledger.pending_pages(code_system, annotator.recipe.recipe_id, store.today())
    some = next(pages)[: settings.codes_per_request]
    worst = terms.worst_case([Question(code) for code in some])
    return REQUESTS_IN_A_SHARE * (worst or 0)


def _request(key: str, config: Mapping[str, object]) -> dg.RunRequest:
    return dg.RunRequest(
        # Within one tick: a daemon that died half-way does not launch a partition twice.
        run_key=key,
        partition_key=key,
        run_config={"ops": {"llm_facets": {"config": dict(config)}}} if config else {},
        tags=dict(NO_RETRY_TAG),
    )
