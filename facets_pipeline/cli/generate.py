"""`facets generate`: annotate what is pending, validate, report; and what `facets demo` shares."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SettingsError, SourceError, WorkLeftError
from facets_pipeline.engine.choice import AnnotatorName

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.runs import Runner
    from facets_pipeline.settings import Settings


def generate(  # noqa: PLR0913 - one argument per option
    *,
    code_system: CodeSystem = "",
    test: Annotated[
        int | None,
        typer.Option(
            "--test",
            min=1,
            metavar="N",
            help="Try N codes in all and show them.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Ask again what was answered.")] = False,
    annotator: Annotated[
        AnnotatorName, typer.Option("--annotator", help="Who answers.")
    ] = AnnotatorName.AUTO,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked, and stop.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")] = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Give every pending code its facets, then validate and report."""
    del yes  # nothing that can be chosen here spends money
    from facets_pipeline.adapters.store.store import Store

    if test and force:
        raise SettingsError(
            "--test with --force would make every code pending and answer a few: choose one."
        )
    settings = settings_with(db_url)
    with Store.open(settings.store_url) as store:
        plans = _plans(store, _systems(store, chosen_system(code_system)), annotator, force=force)
        if dry_run and as_json:
            print_json({"dry_run": True, "systems": [asdict(plan) for plan in plans]})
        if not as_json:
            _announce(plans)
        if dry_run:
            return
        systems = [plan.code_system for plan in plans]
        if test:
            codes = _try_some(settings, store, systems, annotator, test)
            _show_codes(store, codes, as_json=as_json)
            return
        run_graph(settings, store, systems, annotator, force=force, quiet=as_json)
        _finish(settings, store, as_json=as_json)


def run_graph(
    settings: "Settings",
    store: "Store",
    systems: list[str],
    annotator: AnnotatorName,
    *,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Fill the ledger in one run, then materialise what changed, then validate and report."""
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=quiet)
    _fill(runner, systems, annotator, force=force)
    for system in systems:
        cells = store.cells.of_system(system, store.today())
        runner.materialize_cells(cells, annotator)
        runner.run("materialize_validated_facets", partition=system)
    runner.run("materialize_coverage_report")


def _fill(
    runner: "Runner",
    systems: list[str],
    annotator: AnnotatorName,
    *,
    force: bool = False,
    limit: int = 0,
) -> None:
    config: dict[str, Any] = {
        "code_systems": systems,
        "annotator": annotator.name,
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be asked of one code system.

    Attributes:
        code_system: Its name.
        pending: Codes that would be asked.
        annotator: Who would answer.
        usd: What it would cost at most.
    """

    code_system: str
    pending: int
    annotator: str
    usd: float


def _plans(
    store: "Store", systems: list[str], annotator: AnnotatorName, *, force: bool
) -> list[Plan]:
    from facets_pipeline.defs.filling import annotator_for
    from facets_pipeline.engine.ports import Scope

    plans: list[Plan] = []
    for system in systems:
        recipe = annotator_for(store, system, annotator).recipe
        pending = store.ledger.pending(Scope(system, store.today()), recipe.recipe_id)
        if force:
            pending = store.codes.counts(system, store.today()).active
        plans.append(Plan(system, pending, recipe.title, 0.0))
    return plans


def _announce(plans: list[Plan]) -> None:
    for plan in plans:
        console().print(
            f"{plan.code_system}: {plan.pending:,} codes pending; annotator {plan.annotator} "
            f"(embedded, offline), cost ${plan.usd:,.2f}",
            soft_wrap=True,
        )


def _try_some(
    settings: "Settings", store: "Store", systems: list[str], annotator: AnnotatorName, test: int
) -> dict[str, list[str]]:
    """Ask about `test` codes in all, shared out evenly; return them by code system."""
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=True)
    codes: dict[str, list[str]] = {}
    for index, system in enumerate(systems):
        share = len(range(index, test, len(systems)))
        if not share:
            continue
        _fill(runner, [system], annotator, limit=share)
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
    pending = sum(system.pending for system in found)
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
