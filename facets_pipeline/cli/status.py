"""`facets status`: how many codes have facets, and what was spent."""

from dataclasses import asdict

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json, results_table, share
from facets_pipeline.domain.coverage import CostFigures


def status(*, db_url: DatabaseUrl = "", as_json: Json = False) -> None:
    """Show codes, with facets, valid, pending, stale, in review, coverage, and cost by day."""
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    with Store.open(settings.store_url) as store:
        systems = summary(store)
        costs = store.figures.costs()
    if as_json:
        lines = [
            {**asdict(system), "coverage": share(system.valid, system.codes)} for system in systems
        ]
        print_json({"systems": lines, "costs": [asdict(cost) for cost in costs]})
    elif not systems:
        console().print("No codes are loaded yet. Next: facets load FILE --code-system HCPCS")
    else:
        show_summary(systems)
        if costs:
            _show_costs(costs)


def _show_costs(costs: tuple[CostFigures, ...]) -> None:
    table = results_table("Cost")
    table.add_column("day (UTC)")
    table.add_column("answered by", overflow="fold")
    for name in ("calls", "codes", "tokens in", "tokens out", "USD"):
        table.add_column(name, justify="right")
    for cost in costs:
        table.add_row(
            cost.day.isoformat(),
            cost.annotator,
            f"{cost.calls:,}",
            f"{cost.codes:,}",
            f"{cost.input_tokens + cost.cached_tokens:,}",
            f"{cost.output_tokens:,}",
            "unknown" if cost.usd is None else f"{cost.usd:,.2f}",
        )
    console().print(table)
