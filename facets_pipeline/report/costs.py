"""What the answers cost, as sentences and as a table.

What belongs here: sums over calls. An unknown price stays unknown in every sum.
"""

from math import fsum

from facets_pipeline.domain.coverage import CostFigures
from facets_pipeline.report.tables import Column, Table, figures
from facets_pipeline.report.words import count, counted, listed, money

MOST_DAYS = 60
"""Rows of the cost table; what is older stands in one row."""


def total_cost(costs: tuple[CostFigures, ...]) -> str:
    """Return the sum of all known costs; what has no known price is said, never counted as 0."""
    known = [cost.usd for cost in costs if cost.usd is not None]
    unknown = len(costs) - len(known)
    if not unknown:
        return money(fsum(known))
    return f"{money(fsum(known))} + unknown" if known else money(None)


def cost(costs: tuple[CostFigures, ...]) -> str:
    """Return what all calls together cost."""
    if not costs:
        return "No call has been made, so nothing was spent."
    calls = counted(sum(row.calls for row in costs), "call")
    days = counted(len({row.day for row in costs}), "day")
    told = [f"{total_cost(costs)} for {calls} on {days} (UTC)."]
    if any(row.usd is None for row in costs):
        told.append("Where a price is not known the cost is unknown, and the sum is a lower bound.")
    in_doubt = sum(row.in_doubt for row in costs)
    if in_doubt:
        noun = "call is" if in_doubt == 1 else "calls are"
        told.append(f"{count(in_doubt)} {noun} in doubt: the reply never arrived.")
    return " ".join(told)


def cost_table(costs: tuple[CostFigures, ...]) -> Table:
    """Return one row per day and model, the newest first, and the sum."""
    ordered = sorted(costs, key=lambda row: (row.day, row.annotator), reverse=True)
    rows = [
        (f"{row.day:%Y-%m-%d}", row.annotator, *_amounts((row,))) for row in ordered[:MOST_DAYS]
    ]
    if older := tuple(ordered[MOST_DAYS:]):
        rows.append(
            ("Earlier", listed(sorted({row.annotator for row in older}), 3), *_amounts(older))
        )
    return Table(
        caption="Calls, tokens and cost by day (UTC) and model",
        columns=(
            Column("Day"),
            Column("Model"),
            *figures("Calls", "Codes", "Input", "Cached", "Output", "In doubt", "Cost"),
        ),
        rows=tuple(rows),
        total=("Total", "", *_amounts(costs)) if costs else (),
    )


def _amounts(costs: tuple[CostFigures, ...]) -> tuple[str, ...]:
    return (
        count(sum(row.calls for row in costs)),
        count(sum(row.codes for row in costs)),
        count(sum(row.input_tokens for row in costs)),
        count(sum(row.cached_tokens for row in costs)),
        count(sum(row.output_tokens for row in costs)),
        count(sum(row.in_doubt for row in costs)),
        total_cost(costs),
    )
