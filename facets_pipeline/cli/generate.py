"""`facets generate`: annotate what is pending, validate, report; and what `facets demo` shares."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from facets_pipeline.cli.asking import Asking, announce, ask_leave, plans_of
from facets_pipeline.cli.options import (
    BatchSize,
    Budget,
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
    Who,
    Yes,
    chosen_system,
    settings_with,
)
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import (
    AnnotatorError,
    FacetsError,
    SettingsError,
    SourceError,
    WorkLeftError,
)
from facets_pipeline.engine.choice import AnnotatorName, Mode

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.runs import Runner
    from facets_pipeline.settings import Settings


def generate(  # noqa: PLR0913 - one argument per option
    *,
    code_system: CodeSystem = "",
    test: Try = 0,
    force: Force = False,
    annotator: Who = AnnotatorName.AUTO,
    model: Model = "",
    rate_limit: RateLimit = 0.0,
    batch_size: BatchSize = 0,
    budget_usd: Budget = 0.0,
    mode: How = Mode.MESSAGES,
    wait: Wait = True,
    dry_run: DryRun = False,
    yes: Yes = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Give every pending code its facets, then validate and report."""
    from facets_pipeline.adapters.store.store import Store

    if test and force:
        raise SettingsError(
            "--test with --force would make every code pending and answer a few: choose one."
        )
    settings = settings_with(db_url)
    asking = Asking(annotator, model, batch_size, rate_limit, budget_usd, mode, wait)
    with Store.open(settings.store_url) as store:
        systems = _systems(store, chosen_system(code_system))
        plans = plans_of(store, systems, asking, force=force, limit=test)
        announce(plans, asking, dry_run=dry_run, as_json=as_json)
        if dry_run:
            return
        ask_leave(plans, yes=yes)
        if test:
            codes = _try_some(settings, store, systems, asking, test)
            _show_codes(store, codes, as_json=as_json)
            return
        run_graph(settings, systems, asking, force=force, quiet=as_json)
        _finish(settings, store, as_json=as_json)


def run_graph(
    settings: "Settings",
    systems: list[str],
    asking: Asking,
    *,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Fill the ledger in one run, then validate and report.

    What was answered before a failure is validated and reported as well; the failure is raised
    after that.
    """
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=quiet)
    failure: FacetsError | None = None
    try:
        _fill(runner, systems, asking, force=force)
    except AnnotatorError as error:
        failure = error
    for system in systems:
        runner.run("materialize_validated_facets", partition=system)
    runner.run("materialize_coverage_report")
    if failure is not None:
        raise failure


def _fill(
    runner: "Runner", systems: list[str], asking: Asking, *, force: bool = False, limit: int = 0
) -> None:
    config: dict[str, Any] = {
        **asking.as_config(),
        "code_systems": systems,
        "limit": limit,
        "force": force,
    }
    runner.run("fill_ledger", {"fill_pending": config})


def _systems(store: "Store", asked: str | None) -> list[str]:
    loaded = [name for name in CODE_SYSTEMS if store.releases.newest(name) is not None]
    if asked is not None and asked not in loaded:
        raise SourceError(
            f"No {asked} codes are loaded: run `facets load FILE --code-system {asked}` first."
        )
    if not loaded:
        raise SourceError(
            "No codes are loaded: run `facets load FILE --code-system HCPCS` first, or "
            "`facets demo` to see it work."
        )
    return [asked] if asked is not None else loaded


def _try_some(
    settings: "Settings", store: "Store", systems: list[str], asking: Asking, test: int
) -> dict[str, list[str]]:
    """Ask about `test` codes in all, shared out evenly; return them by code system."""
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=True)
    codes: dict[str, list[str]] = {}
    for index, system in enumerate(systems):
        share = len(range(index, test, len(systems)))
        if not share:
            continue
        _fill(runner, [system], asking, limit=share)
        codes[system] = store.ledger.newest_codes(system, share)
        store.flat.refresh_codes(system, store.today(), codes[system])
    return codes


def _show_codes(store: "Store", codes: dict[str, list[str]], *, as_json: bool) -> None:
    from facets_pipeline.cli.sample import show_rows

    rows = [row for system, some in codes.items() for row in store.flat.rows(system, some)]
    show_rows(rows, as_json=as_json)


def _finish(settings: "Settings", store: "Store", *, as_json: bool) -> None:
    found = summary(store)
    report = settings.reports_dir.resolve() / "coverage_report.html"
    pending = sum(system.pending - system.in_batch for system in found)
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
