"""Accuracy as tables, once for the report, for Markdown and for terminals of 80 columns.

What belongs here: which figures stand in which row. How a figure is written is in
`accuracy_words`, how a table looks in `html_tables`, `markdown` and the command line.
"""

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.confusion import Confusion
from facets_pipeline.domain.evaluation import ALL_SYSTEMS, Evaluation, Score, Source
from facets_pipeline.domain.gold import USED
from facets_pipeline.report.accuracy_words import (
    MIN_CELLS,
    given_name,
    system_name,
    with_span,
)
from facets_pipeline.report.tables import Column, Table, figures
from facets_pipeline.report.words import count, listed, percent, plain

MOST_MISTAKES = 15
"""Confusions that are shown; the JSON document has all."""

MOST_CODES = 5
"""Codes that are named for one confusion."""

_WHOSE = (Column("System"), Column("Source"))
"""The columns that `_whose` fills."""


def shown_scores(evaluation: Evaluation) -> tuple[Score, ...]:
    """Return the scores worth a row: all together only where there are several systems."""
    systems = {score.voice.code_system for score in evaluation.scores} - {ALL_SYSTEMS}
    if len(systems) > 1:
        return evaluation.scores
    return tuple(score for score in evaluation.scores if score.voice.code_system in systems)


def side_by_side(evaluation: Evaluation, code_system: str = ALL_SYSTEMS) -> list[Score]:
    """Return the scores of one code system, or of all together: one for each source."""
    return [score for source in Source if (score := evaluation.score(source, code_system))]


def overview_table(evaluation: Evaluation) -> Table:
    """Return a row per code system and source: shares of cells and of whole codes."""
    return Table(
        caption="Right cells, and codes right in every labelled cell, with 95 % intervals",
        columns=(*_WHOSE, *figures("Cells", "Right", "Whole codes", "No answer")),
        rows=tuple(
            (
                *_whose(score),
                count(score.accuracy.cells.total),
                with_span(score.accuracy.cells),
                with_span(score.accuracy.codes),
                count(score.accuracy.unanswered),
            )
            for score in shown_scores(evaluation)
        ),
    )


def voices_table(evaluation: Evaluation) -> Table:
    """Return who is measured: a row per source, model and codebook."""
    rows = dict.fromkeys(
        (score.voice.source.value, score.voice.title, score.voice.label, score.voice.recipe_id[:8])
        for score in shown_scores(evaluation)
    )
    titles = ("Source", "Who", "How", "Recipe")
    return Table("Who is measured", tuple(map(Column, titles)), tuple(rows))


def empty_table(evaluation: Evaluation, code_system: str = ALL_SYSTEMS) -> Table:
    """Return a row per source: values where there must be none; no row without such labels."""
    return Table(
        caption="Cells that must be empty, of codes that were answered",
        columns=(Column("Source"), *figures("Must be empty", "Hold a value", "Share")),
        rows=tuple(
            (
                score.voice.source.value,
                count(score.filled_in.total),
                count(score.filled_in.right),
                with_span(score.filled_in),
            )
            for score in side_by_side(evaluation, code_system)
            if score.filled_in.total
        ),
    )


def circular_table(evaluation: Evaluation) -> Table:
    """Return the shares with and without circular cells; no row where there are none."""
    return Table(
        caption="With and without cells that rest on an official table which was loaded",
        columns=(*_WHOSE, *figures("All cells", "Right", "Not circular", "Right")),
        rows=tuple(
            (
                *_whose(score),
                count(score.accuracy.cells.total),
                percent(score.accuracy.cells.right, score.accuracy.cells.total),
                count(score.independent.cells.total),
                with_span(score.independent.cells),
            )
            for score in shown_scores(evaluation)
            if score.independent.cells.total < score.accuracy.cells.total
        ),
    )


def facet_table(
    evaluation: Evaluation,
    code_system: str = ALL_SYSTEMS,
    min_cells: int = MIN_CELLS,
) -> Table:
    """Return a row per facet and a column per source: its share with the interval."""
    scores = side_by_side(evaluation, code_system)
    if not scores:
        raise ValueError(f"nobody was measured on {code_system!r}")
    return Table(
        caption=f"Right cells per facet, 95 % intervals; below {min_cells} cells as right of all",
        columns=(
            Column("Facet"),
            *figures("Cells", *(score.voice.source.value for score in scores)),
        ),
        rows=tuple(
            (
                facet,
                count(tally.total),
                *(with_span(score.accuracy.facets[facet], min_cells) for score in scores),
            )
            for facet, tally in _most_labelled_first(scores[0])
        ),
    )


def f1_table(score: Score, min_cells: int = MIN_CELLS) -> Table:
    """Return a row per facet of one score: right cells, macro-F1, values seen."""
    return Table(
        caption=f"Facets of {score.voice.source.value} ({system_name(score.voice.code_system)})",
        columns=(Column("Facet"), *figures("Cells", "Right", "Macro-F1", "Values")),
        rows=tuple(
            (
                facet,
                count(tally.total),
                with_span(tally, min_cells),
                f"{score.accuracy.confusions[facet].macro_f1:.3f}",
                count(len(score.accuracy.confusions[facet].values)),
            )
            for facet, tally in _most_labelled_first(score)
        ),
    )


def value_table(facet: str, confusion: Confusion) -> Table:
    """Return a row per value of one facet: precision, recall, F1."""
    return Table(
        caption=f"{facet}: macro-F1 {confusion.macro_f1:.3f}",
        columns=(
            Column("Value"),
            *figures("Labelled", "Given", "Right", "Precision", "Recall", "F1"),
        ),
        rows=tuple(
            (
                given_name(score.value),
                count(score.labelled),
                count(score.given),
                count(score.hits),
                percent(score.hits, score.given),
                percent(score.hits, score.labelled),
                f"{score.f1:.3f}",
            )
            for score in confusion.values
        ),
    )


def mistakes_table(score: Score, most: int = MOST_MISTAKES) -> Table:
    """Return the worst confusions of one score over all facets, with some of the codes."""
    found = [
        (facet, pair, codes)
        for facet, confusion in score.accuracy.confusions.items()
        for pair, codes in confusion.mistakes
    ]
    found.sort(key=lambda each: -len(each[2]))
    return Table(
        caption=f"What {score.voice.source.value} took for what, the most frequent first",
        columns=(
            Column("Facet"),
            Column("Right"),
            Column("Given"),
            Column("Cells", is_figure=True),
            Column("Codes"),
        ),
        rows=tuple(
            (
                facet,
                given_name(gold),
                given_name(given),
                count(len(codes)),
                listed(codes, MOST_CODES),
            )
            for facet, (gold, given), codes in found[:most]
        ),
    )


def issues_table(evaluation: Evaluation) -> Table:
    """Return a row per kind of row that is not used or was read otherwise, with the first of it."""
    first = {issue.rule: issue for issue in reversed(evaluation.labels.issues)}
    return Table(
        caption="Rows of the gold files that are not used, or were read otherwise than written",
        columns=(
            Column("Why"),
            Column("Rows", is_figure=True),
            Column("What was done"),
            Column("The first"),
        ),
        rows=tuple(
            (
                plain(rule),
                count(number),
                "read otherwise" if rule in USED else "not used",
                first[rule].message,
            )
            for rule, number in evaluation.labels.counts.items()
        ),
    )


def _whose(score: Score) -> tuple[str, str]:
    return system_name(score.voice.code_system), score.voice.source.value


def _most_labelled_first(score: Score) -> list[tuple[str, Tally]]:
    return sorted(score.accuracy.facets.items(), key=lambda pair: (-pair[1].total, pair[0]))
