"""The check `accuracy_reached`: is the final table right often enough, as far as gold tells?"""

import dagster as dg

from facets_pipeline.defs import markdown
from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.evaluation import (
    ALL_SYSTEMS,
    Attainment,
    Evaluation,
    Source,
    attainment,
)
from facets_pipeline.report.accuracy_tables import MOST_CODES, mistakes_table
from facets_pipeline.report.accuracy_words import with_span

ACCURACY_REACHED = dg.AssetCheckSpec(
    "accuracy_reached",
    asset="facet_accuracy",
    description="At least the share FACETS_ACCURACY_THRESHOLD (95 % unless set) of the gold "
    "labelled cells of each code system is right in the final table. When red: look at the "
    "confusions on this page, review the codes that they name, or ask a better model.",
)


def accuracy_reached(evaluation: Evaluation, threshold: float) -> dg.AssetCheckResult:
    """Check what stands in the flat table against `threshold`, a share from 0 to 1.

    An error where the whole interval lies below it: the table is surely worse than wanted. Only a
    warning where so few cells were compared that chance may explain it.
    """
    cells = _cells(evaluation)
    states = {system: attainment(tally, threshold) for system, tally in cells.items()}
    told = ", ".join(f"{system} {with_span(tally)}" for system, tally in cells.items())
    surely = Attainment.MISSED in states.values()
    return dg.AssetCheckResult(
        check_name=ACCURACY_REACHED.name,
        passed=all(state is Attainment.REACHED for state in states.values()),
        severity=dg.AssetCheckSeverity.ERROR if surely else dg.AssetCheckSeverity.WARN,
        description=f"Right cells of the final table: {told}.",
        metadata={
            "threshold": threshold,
            "states": dg.MetadataValue.json({name: state.value for name, state in states.items()}),
            "confusions": dg.MetadataValue.md(_confusions(evaluation)),
        },
    )


def not_measured(reason: str) -> dg.AssetCheckResult:
    """Return the result where there is nothing to measure: passed, and said why."""
    return dg.AssetCheckResult(
        check_name=ACCURACY_REACHED.name, passed=True, description=f"Not measured: {reason}"
    )


def _cells(evaluation: Evaluation) -> dict[str, Tally]:
    return {
        score.voice.code_system: score.accuracy.cells
        for score in evaluation.scores
        if score.voice.source is Source.RECONCILED and score.voice.code_system != ALL_SYSTEMS
    }


def _confusions(evaluation: Evaluation) -> str:
    score = evaluation.score(Source.RECONCILED)
    if score is None:
        return "Nothing was measured."
    table = mistakes_table(score)
    titles = [column.title for column in table.columns]
    empty = "Every labelled cell is right."
    return markdown.table(titles, table.rows, empty=empty) + (
        f"\n\nAt most {MOST_CODES} codes are named in a row; `facets evaluate --json` has all."
    )
