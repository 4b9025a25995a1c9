"""The job `fill_ledger`: everything that is pending, of all chunks, in one run.

The command line uses it: one run does all the waiting work and shows the partitions that it
completed.
"""

import dagster as dg
from pydantic import Field

from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.filling import AskingConfig, fill_system, options_of, prepare
from facets_pipeline.defs.resources import ProgressResource, StoreResource
from facets_pipeline.defs.shown_cells import show_cells
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.engine.fill import FillReport


class FillLedgerConfig(AskingConfig):
    """What to fill, and who answers."""

    code_systems: list[str] = Field(description="Code systems whose pending codes are asked.")
    limit: int = Field(
        default=0, ge=0, description="Ask about this many codes of each system at most; 0: all."
    )
    force: bool = Field(default=False, description="Ask again what was answered before.")


@dg.op(description="Ask about every pending code of the given code systems.")
def fill_pending(
    context: dg.OpExecutionContext,
    config: FillLedgerConfig,
    store: StoreResource,
    claude: ClaudeResource,
    progress: ProgressResource,
) -> None:
    """Fill the ledger, one code system after another, and show the partitions that are complete."""
    options = options_of(config, claude, context.run_id)
    with plain_failures(), store.open() as opened:
        for name in config.code_systems:
            system = code_system(name).name
            annotator = prepare(opened, system, config, claude)
            if config.force:
                opened.recipes.force(system, annotator.recipe.recipe_id)
            try:
                report = fill_system(
                    opened, annotator, system, config, options, progress, limit=config.limit or None
                )
                context.add_output_metadata(_counts(system, report))
            finally:
                # A trial marks no partition; a failure does not hide what was completed before it.
                if not config.limit:
                    show_cells(context, opened, system)


def _counts(system: str, report: FillReport) -> dict[str, int]:
    return {
        f"{system}_asked": report.asked,
        f"{system}_answered": report.answered,
        f"{system}_in_review": report.in_review,
        f"{system}_calls": report.calls,
        f"{system}_calls_in_doubt": report.in_doubt,
    }


@dg.job(description="Ask about everything that is pending, in one run over all chunks.")
def fill_ledger() -> None:
    """One step: the engine does the waiting, not Dagster."""
    fill_pending()
