"""`facets review ask`: a review model has its say where two sources differ, before a person."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.asking import ask_leave
from facets_pipeline.cli.options import (
    Budget,
    CodeSystem,
    DatabaseUrl,
    DryRun,
    Json,
    Yes,
    chosen_system,
    settings_with,
)
from facets_pipeline.cli.terminal import console, print_json

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.review_plans import ReviewPlan


def ask(
    *,
    code_system: CodeSystem = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many codes; 0: all.")] = 0,
    budget_usd: Budget = 0.0,
    dry_run: DryRun = False,
    yes: Yes = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Ask the model of FACETS_REVIEW_MODEL about the codes in doubt or in review.

    Where it agrees with one of the two opinions, that value stands; a third value stays for a
    person. It spends under FACETS_REVIEW_BUDGET_USD_PER_DAY and the budget of the day.
    """
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.defs.review_asking import carry_out, plan_review, refresh_rows

    system = chosen_system(code_system)
    with Store.open(settings_with(db_url).store_url) as store:
        refresh_rows(store)
        annotator, plan = plan_review(store, system, limit)
        model = annotator.plan.model
        if dry_run and as_json:
            print_json({"dry_run": True, "model": model, **_figures(plan)})
        if not as_json:
            console().print(_line(model, plan), markup=False, soft_wrap=True)
        if dry_run:
            return
        ask_leave(spends=bool(plan.questions), yes=yes, look="--dry-run")
        done = carry_out(store, annotator, plan, budget_usd)
    if as_json:
        print_json(asdict(done))
    else:
        console().print(
            f"{done.asked:,} codes asked; {done.before:,} waited for a person, "
            f"{done.after:,} wait now.",
            markup=False,
        )


def _figures(plan: "ReviewPlan") -> dict[str, object]:
    return {
        "questions": len(plan.questions),
        "answered_before": len(plan.known),
        "usd": plan.usd,
        "most_usd": plan.worst_usd,
    }


def _line(model: str, plan: "ReviewPlan") -> str:
    known = f", {len(plan.known):,} were answered before" if plan.known else ""
    cost = "at an unknown price"
    if plan.usd is not None and plan.worst_usd is not None:
        cost = f"about ${plan.usd:,.2f}, at most ${plan.worst_usd:,.2f}"
    return f"{len(plan.questions):,} codes to ask {model} about{known}: {cost}."
