"""`facets evaluate`: how right Claude, the rules and the final table are, against gold labels."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.terminal import console, print_json, tell
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.evaluation import (
    ALL_SYSTEMS,
    Attainment,
    Evaluation,
    Score,
    Source,
    attainment,
    kept_score,
)
from facets_pipeline.domain.gold import USED, GoldIssue

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.gold import KeptGold
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.settings import Settings

NAMED = 3
"""Rows named per kind on a terminal; `--json` names all."""

MISSED = 1
"""Exit code where the threshold is missed."""


GoldFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--gold",
        help="Gold labels: CSV, TSV or XLSX with code_system, code, facet, value; without value: "
        "cells that must be empty. Repeatable. Default: the labels given last.",
        show_default=False,
    ),
]

Whose = Annotated[
    Source | None,
    typer.Option(
        "--source", metavar="SOURCE", help=f"Whose details are shown: {', '.join(Source)}."
    ),
]

MinCells = Annotated[
    int, typer.Option("--min-cells", min=1, help="Below so many cells, no percentage is shown.")
]

Threshold = Annotated[
    float,
    typer.Option("--threshold", min=0, max=1, help="Exit 1 if a smaller share of cells is right."),
]


def evaluate(
    *,
    gold: GoldFiles = None,
    code_system: CodeSystem = "",
    source: Whose = None,
    min_cells: MinCells = 30,
    threshold: Threshold = 0.0,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Measure every source against gold labels, with intervals; nothing is spent."""
    from facets_pipeline.adapters.evaluating import evaluate as evaluate_store
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    system = chosen_system(code_system)
    with Store.open(settings.store_url) as store:
        kept = _gold(store, settings, gold or [])
        systems = tuple(CODE_SYSTEMS) if system is None else (system,)
        found = evaluate_store(store, kept.labels, store.today(), systems)
        if system is None:
            _keep(store, settings, kept, found)
    detailed = _detailed(found, source, system or ALL_SYSTEMS)
    reached = attainment(detailed.accuracy.cells, threshold)
    if as_json:
        wanted = {"wanted": threshold, "source": detailed.voice.source, "is": reached}
        _print_document(found, kept, wanted)
    else:
        _show(found, kept, detailed, min_cells)
    if reached is not Attainment.REACHED:
        _miss(detailed, threshold, reached)


def _print_document(found: Evaluation, kept: "KeptGold", threshold: Mapping[str, object]) -> None:
    from facets_pipeline.report.accuracy_json import evaluation_document

    print_json({"layouts": kept.layouts, **evaluation_document(found), "threshold": threshold})


def _gold(store: "Store", settings: "Settings", paths: list[Path]) -> "KeptGold":
    from facets_pipeline.adapters.evaluating import gold_in_force, register_gold

    if paths:
        return register_gold(store, [path.expanduser() for path in paths])
    kept = gold_in_force(store, settings.gold)
    if kept is None:
        raise SourceError(
            "No gold labels are known: give a file with --gold, or name one in FACETS_GOLD."
        )
    return kept


def _keep(store: "Store", settings: "Settings", kept: "KeptGold", found: Evaluation) -> None:
    """Record what was found; where it is news, the web page and the report show it at once."""
    from facets_pipeline.adapters.store.gold import Golds
    from facets_pipeline.cli.runs import Runner

    if Golds(store.database).record(kept.gold_id, [*map(kept_score, found.scores)]):
        runner = Runner(settings, quiet=True)
        runner.run("materialize_facet_accuracy")
        runner.run("materialize_coverage_report")


def _detailed(found: Evaluation, source: Source | None, system: str) -> Score:
    score = found.score(source or Source.RECONCILED, system)
    if score is None:
        known = sorted({each.voice.source.value for each in found.scores})
        raise SettingsError(
            f"{(source or Source.RECONCILED).value!r} has answered none of the labelled codes: "
            f"choose among {', '.join(known)}."
        )
    return score


def _show(found: Evaluation, kept: "KeptGold", detailed: Score, min_cells: int) -> None:
    from facets_pipeline.cli.tables import show_table
    from facets_pipeline.report import accuracy_tables, accuracy_words

    out = console()
    out.print(accuracy_words.used(found), markup=False, soft_wrap=True)
    for layout in kept.layouts:
        out.print(f"  {layout}", markup=False, soft_wrap=True)
    _show_issues(found)
    show_table(accuracy_tables.voices_table(found), 1, 2)
    show_table(accuracy_tables.overview_table(found))
    show_table(accuracy_tables.circular_table(found))
    system = detailed.voice.code_system
    show_table(accuracy_tables.empty_table(found, system))
    show_table(accuracy_tables.facet_table(found, system, min_cells))
    show_table(accuracy_tables.f1_table(detailed, min_cells))
    show_table(accuracy_tables.mistakes_table(detailed), 4)


def _show_issues(found: Evaluation) -> None:
    out = console()
    by_rule: defaultdict[str, list[GoldIssue]] = defaultdict(list)
    for issue in found.labels.issues:
        by_rule[issue.rule].append(issue)
    for rule, issues in by_rule.items():
        done = "read otherwise" if rule in USED else "not used"
        out.print(f"  {done} {len(issues):,} ({rule.replace('_', ' ')}):")
        for issue in issues[:NAMED]:
            where = f"{issue.file} row {issue.row}: " if issue.row else ""
            out.print(f"    {where}{issue.message}", markup=False, soft_wrap=True)
        if len(issues) > NAMED:
            out.print(f"    … and {len(issues) - NAMED:,} more (--json names all)")


def _miss(score: Score, threshold: float, reached: Attainment) -> None:
    from facets_pipeline.report.accuracy_words import with_span

    chance = ", which chance may explain" if reached is Attainment.UNSURE else ""
    cells = score.accuracy.cells
    tell(
        f"facets: {score.voice.source.value} is right in {with_span(cells)} of {cells.total:,} "
        f"cells, less than the {threshold:.4g} that were asked for{chance}."
    )
    raise typer.Exit(MISSED)
