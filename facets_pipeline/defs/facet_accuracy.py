"""The asset `facet_accuracy`: how right every source is, against the gold labels that were given.

Without gold labels there is nothing to measure: the step ends well, says so, and materialises
nothing, so that no plot shows a 0 for what is not known.
"""

from collections.abc import Iterator

import dagster as dg

from facets_pipeline.adapters.evaluating import evaluate, gold_in_force
from facets_pipeline.adapters.store.gold import Golds
from facets_pipeline.defs import markdown
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.checks.accuracy_reached import (
    ACCURACY_REACHED,
    accuracy_reached,
    not_measured,
)
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.metadata import FREE, OWNERS, Metadata, Result
from facets_pipeline.defs.resources import StoreResource
from facets_pipeline.defs.validated_facets import validated_facets
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.evaluation import Evaluation, kept_score
from facets_pipeline.report import accuracy_tables, accuracy_words
from facets_pipeline.report.tables import Table
from facets_pipeline.settings import Settings

HOW_TO_GIVE_GOLD = (
    "no gold labels are known. Run `facets evaluate --gold FILE`, or set FACETS_GOLD."
)


@dg.asset(
    deps=[validated_facets],
    check_specs=[ACCURACY_REACHED],
    automation_condition=FOLLOWS,
    output_required=False,
    group_name="reports",
    kinds={"python"},
    owners=OWNERS,
    tags=FREE,
    description="How right Claude, the rules, the second opinion and the final table are against "
    "gold labels, side by side, with 95 % intervals. Skipped while no labels are given.",
)
def facet_accuracy(
    context: dg.AssetExecutionContext, store: StoreResource
) -> Iterator[Result | dg.AssetCheckResult]:
    """Measure every source; keep what was found, so that it can be followed over time."""
    settings = Settings.load()
    with plain_failures(), store.open() as opened:
        kept = gold_in_force(opened, settings.gold)
        found: Evaluation | str = HOW_TO_GIVE_GOLD
        if kept is not None:
            try:
                found = evaluate(opened, kept.labels, opened.today())
            except SourceError as error:
                # Labels of codes that are not loaded (yet) are no failure of the graph.
                found = str(error)
            else:
                Golds(opened.database).record(kept.gold_id, [*map(kept_score, found.scores)])
    if isinstance(found, str):
        context.log.info("Not measured: %s", found)
        yield not_measured(found)
        return
    check = accuracy_reached(found, settings.accuracy_threshold)
    yield Result(metadata=accuracy_metadata(found), check_results=[check])


def accuracy_metadata(evaluation: Evaluation) -> Metadata:
    """Return what is shown of an evaluation: shares that plot over time, and the tables."""
    numbers: Metadata = {}
    for score in accuracy_tables.shown_scores(evaluation):
        name = f"{score.voice.source.value}_{accuracy_words.system_name(score.voice.code_system)}"
        if f"accuracy_{name}" in numbers:
            # A model that answered earlier: its share stands in the table only.
            continue
        cells, codes = score.accuracy.cells, score.accuracy.codes
        if cells.total:
            numbers[f"accuracy_{name}"] = dg.MetadataValue.float(cells.share)
            numbers[f"accuracy_low_{name}"] = dg.MetadataValue.float(cells.interval.low)
            numbers[f"whole_codes_{name}"] = dg.MetadataValue.float(codes.share)
    labels = evaluation.labels
    return {
        "summary": dg.MetadataValue.md(_page(evaluation)),
        "labelled_cells": dg.MetadataValue.int(len(labels.values)),
        "labelled_codes": dg.MetadataValue.int(len({cell[:2] for cell in labels.values})),
        "circular_cells": dg.MetadataValue.int(len(evaluation.circular)),
        "rows_with_issues": dg.MetadataValue.json(dict(labels.counts)),
        **numbers,
    }


def _page(evaluation: Evaluation) -> str:
    tables = (
        accuracy_tables.overview_table(evaluation),
        accuracy_tables.voices_table(evaluation),
        accuracy_tables.facet_table(evaluation),
        accuracy_tables.circular_table(evaluation),
        accuracy_tables.empty_table(evaluation),
    )
    shown = (_table(table) for table in tables if table.rows)
    return "\n\n".join([accuracy_words.used(evaluation), *shown])


def _table(table: Table) -> str:
    titles = [column.title for column in table.columns]
    return f"**{table.caption}**\n\n" + markdown.table(titles, table.rows, empty="")
