"""`facets generate`: annotate what is pending, validate, report; and what `facets demo` shares."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from facets_pipeline.cli.asking import Asking, may_go_on, plans_of
from facets_pipeline.cli.cell_runs import run_cells
from facets_pipeline.cli.cell_selection import Only, Selection, cells_of, chosen_chunks
from facets_pipeline.cli.options import (
    BatchSize,
    Budget,
    Chunks,
    CodeSystem,
    DatabaseUrl,
    DryRun,
    Force,
    How,
    Json,
    Model,
    RateLimit,
    Try,
    Wait,
    Which,
    WhichCodes,
    Who,
    Yes,
    loaded_systems,
    settings_with,
)
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.errors import (
    AnnotatorError,
    FacetsError,
    SettingsError,
    WorkLeftError,
)
from facets_pipeline.engine.choice import AnnotatorName, AskFor, Mode

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.runs import Runner
    from facets_pipeline.settings import Settings


def generate(  # noqa: PLR0913 - one argument per option
    *,
    code_system: CodeSystem = "",
    chunk: Chunks = None,
    only: Which = None,
    test: Try = 0,
    force: Force = False,
    annotator: Who = AnnotatorName.AUTO,
    model: Model = "",
    rate_limit: RateLimit = 0.0,
    batch_size: BatchSize = 0,
    budget_usd: Budget = 0.0,
    mode: How = Mode.MESSAGES,
    wait: Wait = True,
    ask: WhichCodes = AskFor.LAST,
    dry_run: DryRun = False,
    yes: Yes = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Give every pending code its facets, then validate and report.

    All HCPCS: `--code-system HCPCS`. One partition: `--code-system HCPCS --chunk 07`. What Dagster
    shows as missing or failed, and what is pending: `--only missing-or-failed`.
    """
    from facets_pipeline.adapters.store.store import Store

    _check_together(chunk, only, test=test, force=force)
    settings = settings_with(db_url)
    asking = Asking(annotator, model, batch_size, rate_limit, budget_usd, mode, wait, ask)
    with Store.open(settings.store_url) as store:
        systems = loaded_systems(store, code_system)
        selection = Selection(tuple(systems), chosen_chunks(chunk), only)
        plans = plans_of(store, systems, asking, force=force, limit=test, chunks=selection.chunks)
        if not may_go_on(plans, asking, dry_run=dry_run, yes=yes, as_json=as_json):
            return
        if test:
            _try_some(settings, store, systems, asking, test, as_json=as_json)
            return
        _annotate(settings, store, selection, asking, force=force, as_json=as_json)


def _annotate(
    settings: "Settings",
    store: "Store",
    selection: Selection,
    asking: Asking,
    *,
    force: bool,
    as_json: bool,
) -> None:
    run_graph(settings, store, selection, asking, force=force, quiet=as_json)
    _finish(settings, store, selection, as_json=as_json)


def run_graph(
    settings: "Settings",
    store: "Store",
    selection: Selection,
    asking: Asking,
    *,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Ask what is pending in the selection, then validate and report.

    What was answered before a failure is validated and reported as well; the failure is raised
    after that.
    """
    from facets_pipeline.adapters.store.gold import Golds
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=quiet)
    failure: FacetsError | None = None
    try:
        if selection.is_everything:
            _fill(runner, selection.systems, asking, force=force)
        else:
            cells = cells_of(store, runner.instance, selection, asking)
            run_cells(runner, store, selection, cells, asking)
    except AnnotatorError as error:
        failure = error
    for system in selection.systems:
        runner.run("derive_rows", partition=system)
    if settings.gold or Golds(store.database).newest() is not None:
        runner.run("materialize_facet_accuracy")
    runner.run("report")
    if failure is not None:
        raise failure


def _check_together(
    chunks: Sequence[str] | None, only: Only | None, *, test: int, force: bool
) -> None:
    if test and force:
        raise SettingsError(
            "--test with --force would make every code pending and answer a few: choose one."
        )
    if (chunks or only) and (test or force):
        raise SettingsError(
            f"{'--test' if test else '--force'} is about whole code systems: leave out --chunk and "
            f"--only."
        )


def _fill(
    runner: "Runner", systems: Sequence[str], asking: Asking, *, force: bool = False, limit: int = 0
) -> None:
    config: dict[str, Any] = {
        **asking.as_config(),
        "code_systems": list(systems),
        "limit": limit,
        "force": force,
    }
    runner.run("fill_ledger", {"fill_pending": config})


def _try_some(
    settings: "Settings",
    store: "Store",
    systems: Sequence[str],
    asking: Asking,
    test: int,
    *,
    as_json: bool,
) -> None:
    """Ask about `test` codes in all, shared out evenly, and show them."""
    from facets_pipeline.cli.runs import Runner
    from facets_pipeline.cli.sample import show_rows

    runner = Runner(settings, quiet=True)
    codes: dict[str, list[str]] = {}
    for index, system in enumerate(systems):
        share = len(range(index, test, len(systems)))
        if not share:
            continue
        _fill(runner, [system], asking, limit=share)
        codes[system] = store.ledger.newest_codes(system, share)
        store.flat.refresh_codes(system, store.today(), codes[system])
    rows = [row for system, some in codes.items() for row in store.flat.rows(system, some)]
    show_rows(rows, as_json=as_json)


def _finish(settings: "Settings", store: "Store", selection: Selection, *, as_json: bool) -> None:
    from facets_pipeline.defs.coverage_files import HTML_NAME

    found = summary(store)
    report = settings.reports_dir.resolve() / HTML_NAME
    pending = sum(system.pending - system.in_batch for system in found)
    if selection.chunks:
        # What is pending elsewhere was not asked for.
        pending = _pending_in(store, selection)
    left = f"{pending:,} codes are still pending: `facets generate` again asks exactly those."
    document: dict[str, Any] = {
        "systems": [asdict(system) for system in found],
        "report": str(report),
    }
    if as_json and pending:
        # One document, so the error is a part of it.
        print_json({**document, "error": left, "exit_code": WorkLeftError.exit_code})
        raise typer.Exit(WorkLeftError.exit_code)
    if as_json:
        print_json(document)
        return
    show_summary(found)
    console().print(f"Report: {report}", markup=False, soft_wrap=True)
    if pending:
        raise WorkLeftError(left)


def _pending_in(store: "Store", selection: Selection) -> int:
    from facets_pipeline.engine.ports import Scope

    pending = 0
    for system in selection.systems:
        active = store.recipes.active(system)
        recipe_id = active.recipe_id if active is not None else ""
        codes = store.ledger.askable_by_chunk(Scope(system, store.today()), recipe_id)
        pending += sum(codes.get(chunk, 0) for chunk in selection.chunks)
    return pending
