"""The job `fill_ledger`: everything that is pending, of all chunks, in one run.

The command line uses it: one run does all the waiting work and shows the partitions that it
completed.
"""

from collections import Counter
from dataclasses import dataclass
from functools import partial

import dagster as dg
from pydantic import Field

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeOptions
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.cell_failures import fill_failure
from facets_pipeline.defs.checks.filled_cells import cells_checked
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.filling import AskingConfig, fill_by_mode, options_of, prepare
from facets_pipeline.defs.resources import ProgressResource, StoreResource
from facets_pipeline.defs.shown_cells import show_cells
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, code_system
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.engine.fill import FillReport
from facets_pipeline.engine.ports import Scope


class FillLedgerConfig(AskingConfig):
    """What to fill, and who answers."""

    code_systems: list[str] = Field(
        default=[],
        description="Code systems whose pending codes are asked; empty: all that have a source.",
    )
    chunks: list[str] = Field(
        default=[], description="Only these chunks, 00 to 31; empty: all of them."
    )
    limit: int = Field(
        default=0, ge=0, description="Ask about this many codes of each system at most; 0: all."
    )
    force: bool = Field(default=False, description="Ask again what was answered before.")


@dataclass(frozen=True, slots=True)
class _Means:
    """What a run asks with."""

    store: Store
    claude: ClaudeResource
    options: ClaudeOptions
    progress: ProgressResource


@dg.op(
    ins={"after": dg.In(dg.Nothing)},
    description="Ask about every pending code of the given code systems.",
)
def fill_pending(
    context: dg.OpExecutionContext,
    config: FillLedgerConfig,
    store: StoreResource,
    claude: ClaudeResource,
    progress: ProgressResource,
) -> None:
    """Fill the ledger, one code system after another, and show the partitions that are complete."""
    with plain_failures(), store.open() as opened:
        means = _Means(opened, claude, options_of(config, claude, context.run_id), progress)
        systems = _systems(context, opened, config)
        completed = [] if config.limit else systems
        with (
            plain_failures(partial(fill_failure, context.run_id, opened, systems)),
            cells_checked(context, opened, completed, config.chunks),
        ):
            for system in systems:
                try:
                    _fill_system(context, system, config, means)
                finally:
                    # A trial marks no partition; a failure does not hide what was completed before.
                    if not config.limit:
                        show_cells(context, opened, system, config.chunks)


def _systems(context: dg.OpExecutionContext, store: Store, config: FillLedgerConfig) -> list[str]:
    """Return the code systems to fill; those without a source are left out, and that is said.

    Raises:
        SourceError: None of them has a source.
        SettingsError: There is no such code system or chunk.
    """
    if unknown := set(config.chunks) - set(CHUNKS):
        raise SettingsError(
            f"There is no chunk {min(unknown)!r}: name chunks from {CHUNKS[0]!r} to {CHUNKS[-1]!r}."
        )
    asked = [code_system(name).name for name in config.code_systems] or list(CODE_SYSTEMS)
    loaded = store.releases.loaded()
    for name in asked:
        if name not in loaded:
            context.log.info("%s has no source and is left out.", name)
            context.add_output_metadata({f"{name}_left_out": "no source"})
    if found := [name for name in asked if name in loaded]:
        return found
    raise SourceError(
        f"No codes of {' or '.join(asked)} are loaded: materialise raw_codes with the path of a "
        f"code file, or run `facets load FILE --code-system {asked[-1]}`."
    )


def _fill_system(
    context: dg.OpExecutionContext, system: str, config: FillLedgerConfig, means: _Means
) -> None:
    store = means.store
    annotator = prepare(store, system, config, means.claude)
    if config.force:
        store.recipes.force(system, annotator.recipe.recipe_id)
    counts = Counter[str]()
    for chunk in config.chunks or [None]:
        left = config.limit - counts["asked"] if config.limit else None
        if left is not None and left <= 0:
            break
        report = fill_by_mode(
            store,
            annotator,
            Scope(system, store.today(), chunk),
            config,
            means.options,
            means.progress,
            limit=left,
        )
        counts.update(_counts(report))
    context.add_output_metadata({f"{system}_{name}": number for name, number in counts.items()})


def _counts(report: FillReport) -> dict[str, int]:
    return {
        "asked": report.asked,
        "answered": report.answered,
        "in_review": report.in_review,
        "calls": report.calls,
        "calls_in_doubt": report.in_doubt,
    }


@dg.job(description="Ask about everything that is pending, in one run over all chunks.")
def fill_ledger() -> None:
    """One step: the engine does the waiting, not Dagster."""
    fill_pending()
