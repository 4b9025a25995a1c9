"""`facets generate`: annotate what is pending, validate, report; and what `facets demo` shares."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SourceError, WorkLeftError
from facets_pipeline.engine.choice import AnnotatorName
from facets_pipeline.settings import Settings

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.runs import Runner


def generate(  # noqa: PLR0913 - one argument per option
    *,
    code_system: CodeSystem = "",
    test: Annotated[
        int | None,
        typer.Option("--test", min=1, help="Try N codes and show them.", show_default=False),
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

    settings = settings_with(db_url)
    with Store.open(settings.store_url) as store:
        systems = _systems(store, chosen_system(code_system))
        _announce(store, systems, annotator, quiet=as_json)
        if dry_run:
            return
        if test:
            codes = _try_some(settings, store, systems, annotator, test, force=force)
            _show_codes(store, codes, as_json=as_json)
            return
        run_graph(settings, store, systems, annotator, force=force, quiet=as_json)
        _finish(settings, store, as_json=as_json)


def run_graph(
    settings: Settings,
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


def _announce(store: "Store", systems: list[str], annotator: AnnotatorName, *, quiet: bool) -> None:
    from facets_pipeline.defs.filling import prepare
    from facets_pipeline.engine.ports import Scope

    for system in systems:
        chosen = prepare(store, system, annotator)
        pending = store.ledger.pending(Scope(system, store.today()), chosen.recipe.recipe_id)
        if not quiet:
            console().print(
                f"{system}: {pending:,} codes pending; annotator {chosen.recipe.title} "
                f"(embedded, offline), cost $0.00"
            )


def _try_some(
    settings: Settings,
    store: "Store",
    systems: list[str],
    annotator: AnnotatorName,
    test: int,
    *,
    force: bool,
) -> dict[str, list[str]]:
    from facets_pipeline.cli.runs import Runner

    runner = Runner(settings, quiet=True)
    codes: dict[str, list[str]] = {}
    for system in systems:
        _fill(runner, [system], annotator, force=force, limit=test)
        codes[system] = store.ledger.newest_codes(system, test)
        store.flat.refresh_codes(system, store.today(), codes[system])
    return codes


def _show_codes(store: "Store", codes: dict[str, list[str]], *, as_json: bool) -> None:
    from facets_pipeline.cli.sample import show_rows

    rows = [row for system, some in codes.items() for row in store.flat.rows(system, some)]
    show_rows(rows, as_json=as_json)


def _finish(settings: Settings, store: "Store", *, as_json: bool) -> None:
    found = summary(store)
    report = settings.reports_dir.resolve() / "coverage_report.html"
    if as_json:
        print_json({"systems": [asdict(system) for system in found], "report": str(report)})
    else:
        show_summary(found)
        console().print(f"Report: {report}", soft_wrap=True)
    pending = sum(system.pending for system in found)
    if pending:
        raise WorkLeftError(
            f"{pending:,} codes are still pending: `facets generate` again asks exactly those."
        )
