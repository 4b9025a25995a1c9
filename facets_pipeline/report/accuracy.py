"""The section on accuracy of the coverage report, as HTML and as Markdown.

What belongs here: the order of the section, and the drawings beside its tables. The figures' words
are in `accuracy_words`, the rows in `accuracy_tables`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from facets_pipeline.domain.evaluation import Evaluation, Score, Source, TrendPoint
from facets_pipeline.report import accuracy_tables, accuracy_words
from facets_pipeline.report.accuracy_charts import Lane, legend, scale_from, whiskers
from facets_pipeline.report.html_tables import table_html
from facets_pipeline.report.markup import Html, element, prose
from facets_pipeline.report.tables import Column, Table, figures
from facets_pipeline.report.words import moment, plain

_NOTE = (
    "Each share stands with its Wilson 95 % interval, in which the true share lies in 95 of 100 "
    "cases. The cells of one code are not independent of each other: the interval of whole codes "
    "is the more careful one."
)


def accuracy_html(evaluation: Evaluation, trend: Sequence[TrendPoint]) -> Html:
    """Return the section as HTML: all tables, and per facet the scores of its values folded."""
    score = _final(evaluation)
    used, told = accuracy_words.used(evaluation), accuracy_words.headline(score)
    scores = accuracy_tables.side_by_side(evaluation)
    begin, facets = _drawn_facets(evaluation, scores)
    scale = f"Lines are intervals, marks are shares, on a scale from {begin} % to 100 %."
    return element(
        "section",
        element("h2", "Accuracy", id="accuracy"),
        prose(f"{used} In the final table, {told}"),
        prose(accuracy_words.filled_in(score)),
        table_html(accuracy_tables.overview_table(evaluation)),
        element("p", _NOTE, class_="note"),
        element("h3", "Facets, side by side"),
        legend(score.voice.source for score in scores),
        element("p", scale, class_="note"),
        table_html(facets),
        element("h3", "What was taken for what"),
        _some(accuracy_tables.mistakes_table(score), "Every labelled cell is right."),
        *(_values(facet, score) for facet in score.accuracy.confusions),
        *_titled("Circular cells", accuracy_tables.circular_table(evaluation)),
        *_titled("Cells that must be empty", accuracy_tables.empty_table(evaluation)),
        *_titled("Over time", trend_table(trend)),
        *_titled("Who is measured", accuracy_tables.voices_table(evaluation)),
        *_titled("What was not used", accuracy_tables.issues_table(evaluation)),
        aria_labelledby="accuracy",
        class_="accuracy",
    )


def accuracy_markdown(
    evaluation: Evaluation,
    trend: Sequence[TrendPoint],
    table: Callable[[Table], str],
    safe: Callable[[str], str],
) -> list[str]:
    """Return the section as blocks of Markdown.

    Args:
        evaluation: What was measured.
        trend: What was measured before, the oldest first.
        table: Writes a table.
        safe: Writes text so that it is shown as it is.
    """
    score = _final(evaluation)
    tables = (
        accuracy_tables.overview_table(evaluation),
        accuracy_tables.facet_table(evaluation),
        accuracy_tables.f1_table(score),
        accuracy_tables.mistakes_table(score),
        accuracy_tables.circular_table(evaluation),
        accuracy_tables.empty_table(evaluation),
        trend_table(trend),
        accuracy_tables.voices_table(evaluation),
        accuracy_tables.issues_table(evaluation),
    )
    blocks = [
        "## Accuracy",
        safe(accuracy_words.used(evaluation)),
        safe(accuracy_words.headline(score)),
    ]
    for each in tables:
        if each.rows:
            blocks.extend([f"**{safe(each.caption)}**", table(each)])
    return [*blocks, safe(_NOTE)]


def trend_table(trend: Sequence[TrendPoint]) -> Table:
    """Return a row per evaluation, the newest first; none where there was only one."""
    newest_first = list(reversed(trend)) if len(trend) > 1 else []
    sources = [source for source in Source if any(source in point.cells for point in newest_first)]
    begin = scale_from(tally for point in newest_first for tally in point.cells.values())
    return Table(
        caption="Right cells of all code systems, evaluation by evaluation, the newest first",
        columns=(Column("When"), *figures(*(source.value for source in sources))),
        rows=tuple(
            (
                moment(point.at),
                *(
                    accuracy_words.with_span(point.cells[source]) if source in point.cells else "-"
                    for source in sources
                ),
            )
            for point in newest_first
        ),
        bars=tuple(
            whiskers(
                [Lane(source, tally) for source, tally in point.cells.items()],
                begin,
                f"Right cells on {moment(point.at)}",
            )
            for point in newest_first
        ),
    )


def _final(evaluation: Evaluation) -> Score:
    score = evaluation.score(Source.RECONCILED)
    if score is None:
        raise ValueError("the final table was not measured")
    return score


def _drawn_facets(evaluation: Evaluation, scores: Sequence[Score]) -> tuple[int, Table]:
    """Return the table of facets with a drawing per row, and where the drawings' scale begins."""
    table = accuracy_tables.facet_table(evaluation)
    begin = scale_from(tally for score in scores for tally in score.accuracy.facets.values())
    bars = tuple(
        whiskers(
            [Lane(score.voice.source, score.accuracy.facets[row[0]]) for score in scores],
            begin,
            f"Right cells of {plain(row[0])}",
        )
        for row in table.rows
    )
    # In words, for a name with underscores breaks anywhere in a narrow column.
    rows = tuple((plain(row[0]), *row[1:]) for row in table.rows)
    return begin, replace(table, rows=rows, bars=bars)


def _values(facet: str, score: Score) -> Html:
    table = accuracy_tables.value_table(facet, score.accuracy.confusions[facet])
    summary = element("summary", element("b", facet), " precision, recall and F1 of each value")
    return element("details", summary, table_html(table))


def _some(table: Table, otherwise: str) -> Html:
    return table_html(table) if table.rows else element("p", otherwise)


def _titled(title: str, table: Table) -> list[Html]:
    return [element("h3", title), table_html(table)] if table.rows else []
