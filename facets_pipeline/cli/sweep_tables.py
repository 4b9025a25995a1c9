"""How a sweep is told: before it spends, as tables for people, as a document for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facets_pipeline.cli.terminal import console, results_table
from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.sweep import Trial

if TYPE_CHECKING:
    from facets_pipeline.adapters.sweep_trials import Drawn
    from facets_pipeline.cli.asking import Plan

_PARTS = ("first third", "middle", "last third")


def announce_sweep(plans: Sequence["Plan"], codes: int, budget_usd: float) -> None:
    """Print what the sweep will take, before anything is asked."""
    out = console()
    total = sum(plan.usd or 0.0 for plan in plans)
    first = plans[0]
    out.print(
        f"{codes:,} codes, asked {len(plans)} times; annotator {first.annotator} ({first.label})",
        markup=False,
        soft_wrap=True,
    )
    for plan in plans:
        out.print(
            f"  {plan.code_system}: {plan.pending:,} codes to ask, {plan.requests:,} requests, "
            f"about ${plan.usd or 0.0:,.4f}",
            markup=False,
        )
    out.print(f"About ${total:,.4f} in all, at most ${budget_usd:,.2f}.", markup=False)
    if total > budget_usd:
        out.print("That is more than the budget: the sweep will stop on its way.", markup=False)


def show_sweep(trials: Sequence[Trial], who: str) -> None:
    """Print the figures of a sweep as tables of at most 80 columns."""
    out = console()
    out.print(f"Answers of {who}; 95 % intervals by Wilson", markup=False, soft_wrap=True)
    out.print(_accuracy(trials))
    if any(trial.parts for trial in trials):
        out.print(_places(trials))
    out.print(_costs(trials))
    for trial in trials:
        if not trial.is_complete:
            out.print(
                f"k = {trial.codes_per_request} stopped after {trial.asked:,} of "
                f"{trial.wanted:,} codes; its figures are those of the codes that were asked."
            )


def sweep_document(trials: Sequence[Trial], who: str, drawn: "Drawn") -> dict[str, Any]:
    """Return the figures of a sweep as a document."""
    return {
        "annotator": who,
        "labelled_cells": len(drawn.labels),
        "labelled_codes": len({cell[:2] for cell in drawn.labels}),
        "gold_issues": dict(drawn.issues),
        "trials": [_document(trial) for trial in trials],
    }


def _document(trial: Trial) -> dict[str, Any]:
    spending = trial.spending
    return {
        "codes_per_request": trial.codes_per_request,
        "wanted": trial.wanted,
        "asked": trial.asked,
        "is_complete": trial.is_complete,
        "in_review": trial.in_review,
        "first_answer_did_not_stand": trial.again,
        "differ_from_first_trial": trial.differ,
        "cells": _counted(trial.cells),
        "whole_codes": _counted(trial.whole),
        "whole_codes_by_place": {
            name: _counted(tally) for name, tally in zip(_PARTS, trial.parts, strict=False)
        },
        "tokens_per_code": {
            "input": trial.per_code(spending.input_tokens),
            "cache_write": trial.per_code(spending.cache_write_tokens),
            "cache_read": trial.per_code(spending.cache_read_tokens),
            "output": trial.per_code(spending.output_tokens),
        },
        "usd_per_1000_codes": trial.usd_per_1000,
        **asdict(spending),
    }


def _counted(tally: Tally) -> dict[str, Any]:
    return {
        "right": tally.right,
        "total": tally.total,
        "share": tally.share if tally.total else None,
        "interval": [tally.interval.low, tally.interval.high],
    }


def _accuracy(trials: Sequence[Trial]) -> Any:  # noqa: ANN401 - a table of rich
    table = results_table("How many answers are right")
    for name in ("k", "codes", "cells, %", "whole codes, %", "again", "review", "differ"):
        table.add_column(name, justify="right", no_wrap=True)
    for trial in trials:
        table.add_row(
            str(trial.codes_per_request),
            f"{trial.asked:,}",
            _share(trial.cells),
            _share(trial.whole),
            f"{trial.again:,}",
            f"{trial.in_review:,}",
            "-" if trial.differ is None else f"{trial.differ:,}",
        )
    table.caption = "again: the first answer did not stand; differ: from the first row's answers"
    table.caption_justify = "left"
    return table


def _places(trials: Sequence[Trial]) -> Any:  # noqa: ANN401 - a table of rich
    table = results_table("Whole codes right at the first answer by place in the request, %")
    table.add_column("k", justify="right", no_wrap=True)
    for name in _PARTS:
        table.add_column(name, justify="right", no_wrap=True)
    for trial in trials:
        if trial.parts:
            table.add_row(str(trial.codes_per_request), *map(_share, trial.parts))
    return table


def _costs(trials: Sequence[Trial]) -> Any:  # noqa: ANN401 - a table of rich
    table = results_table("What they took, repetitions included; tokens per code")
    names = ("k", "requests", "input", "written", "read", "output", "$ / 1,000", "seconds")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for trial in trials:
        spending = trial.spending
        usd = trial.usd_per_1000
        table.add_row(
            str(trial.codes_per_request),
            f"{spending.requests:,}",
            f"{trial.per_code(spending.input_tokens):,.1f}",
            f"{trial.per_code(spending.cache_write_tokens):,.1f}",
            f"{trial.per_code(spending.cache_read_tokens):,.1f}",
            f"{trial.per_code(spending.output_tokens):,.1f}",
            "unknown" if usd is None else f"{usd:,.4f}",
            f"{spending.seconds:,.1f}",
        )
    return table


def _share(tally: Tally) -> str:
    if not tally.total:
        return "-"
    low, high = tally.interval.low * 100, tally.interval.high * 100
    return f"{tally.share * 100:.1f} ({low:.1f}-{high:.1f})"
