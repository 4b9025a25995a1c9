"""The report's rows and columns as text, once for every format, with the bars that go with them.

What belongs here: which figures stand in which row. How a table looks is decided in `html` and
`markdown`; a cell is never escaped here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.coverage import (
    FacetFigures,
    SourceFigures,
    SystemFigures,
)
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.report.charts import Segment, horizontal_bar, stacked_bar
from facets_pipeline.report.markup import Html
from facets_pipeline.report.sentences import facet_summary, system_headline
from facets_pipeline.report.words import count, listed, percent, plain

MOST_CODES = 12
"""Codes that are named in one cell."""

MOST_VALUES = 40
"""Values of one facet that get a row of their own."""

ORDERED = 5
"""Facets with so few values keep the codebook's order, which is one of size: visit levels."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, and whether it holds figures."""

    title: str
    is_figure: bool = False


def figures(*titles: str) -> tuple[Column, ...]:
    """Return columns of figures."""
    return tuple(Column(title, is_figure=True) for title in titles)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text.

    Attributes:
        caption: What it shows.
        columns: The columns; the first names the row.
        rows: One cell per column.
        total: A last row that sums up, or nothing.
        bars: One drawing per row, or nothing; formats without pictures leave them out.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    bars: tuple[Html, ...] = ()


def state_segments(system: SystemFigures) -> tuple[Segment, ...]:
    """Return the four states of the active codes."""
    return (
        Segment("Answered", system.answered, "answered"),
        Segment("Stale", system.stale, "stale"),
        Segment("In review", system.in_review, "review"),
        Segment("Pending", system.pending, "pending"),
    )


def facet_segments(facet: FacetFigures) -> tuple[Segment, ...]:
    """Return how the active codes stand to `facet`."""
    return (
        Segment("With value", facet.with_value, "answered"),
        Segment("Not applicable", facet.not_applicable, "leftout"),
        Segment("Unknown", facet.unknown, "review"),
    )


def overview_table(systems: tuple[SystemFigures, ...]) -> Table:
    """Return one row per code system."""
    return Table(
        caption="Code systems",
        columns=(Column("Code system"), *figures("Active", "Answered", "Coverage")),
        rows=tuple(
            (
                system.code_system,
                count(system.active),
                count(system.answered),
                percent(system.answered, system.active),
            )
            for system in systems
        ),
        bars=tuple(stacked_bar(state_segments(each), system_headline(each)) for each in systems),
    )


def state_table(system: SystemFigures) -> Table:
    """Return one row per state of the active codes."""
    return Table(
        caption="Active codes by state",
        columns=(Column("State"), *figures("Codes", "Share")),
        rows=tuple(
            (part.label, count(part.number), percent(part.number, system.active))
            for part in state_segments(system)
        ),
        total=("Active", count(system.active), percent(system.active, system.active)),
    )


def facet_table(system: SystemFigures, codebook: Codebook) -> Table:
    """Return one row per facet: with value, not applicable, unknown."""
    return Table(
        caption="Active codes with a value, without one because none applies, and unknown",
        columns=(Column("Facet"), *figures("With value", "Share", "Not applicable", "Unknown")),
        rows=tuple(
            (
                facet_title(facet.facet, codebook),
                count(facet.with_value),
                percent(facet.with_value, system.active),
                count(facet.not_applicable),
                count(facet.unknown),
            )
            for facet in system.facets
        ),
        bars=tuple(
            stacked_bar(
                facet_segments(facet),
                f"{facet_title(facet.facet, codebook)}: {facet_summary(facet)}",
            )
            for facet in system.facets
        ),
    )


def distribution_table(facet: FacetFigures, codebook: Codebook) -> Table:
    """Return one row per value that occurs: codes, and share of the codes that have a value.

    Values stand by frequency; where there are few, in the codebook's order. The rarest of very
    many are taken together.
    """
    ordered = _ordered(facet, codebook)
    largest = max((number for _, number in ordered), default=0)
    shown = ordered[:MOST_VALUES]
    rows = [(plain(value), number) for value, number in shown]
    if others := ordered[MOST_VALUES:]:
        largest = max(largest, sum(number for _, number in others))
        rows.append((f"{count(len(others))} other values", sum(number for _, number in others)))
    return Table(
        caption=facet_title(facet.facet, codebook),
        columns=(Column("Value"), *figures("Codes", "Share")),
        rows=tuple(
            (name, count(number), percent(number, facet.with_value)) for name, number in rows
        ),
        bars=tuple(
            horizontal_bar(number, largest, f"{name}: {count(number)}") for name, number in rows
        ),
    )


def _ordered(facet: FacetFigures, codebook: Codebook) -> list[tuple[FacetValue, int]]:
    vocabulary: tuple[FacetValue, ...] = ()
    if facet.facet in codebook.names:
        vocabulary = codebook.facet(facet.facet).vocabulary
    pairs = [(value, number) for value, number in facet.distribution.items() if number]
    if len(vocabulary) <= ORDERED and all(value in vocabulary for value, _ in pairs):
        return sorted(pairs, key=lambda pair: vocabulary.index(pair[0]))
    return sorted(pairs, key=lambda pair: -pair[1])


def facet_title(name: str, codebook: Codebook) -> str:
    """Return the heading of a facet; of one that the codebook does not have, its name."""
    return codebook.facet(name).title if name in codebook.names else plain(name)


def finding_table(system: SystemFigures) -> Table:
    """Return one row per broken rule, with some of the codes that break it."""
    return Table(
        caption="Broken rules, the most frequent first",
        columns=(
            Column("Rule"),
            Column("What must hold"),
            Column("Times broken", is_figure=True),
            Column("For example"),
        ),
        rows=tuple(
            (each.rule, each.sentence, count(each.count), listed(each.codes, MOST_CODES))
            for each in system.findings
        ),
    )


def review_table(system: SystemFigures) -> Table:
    """Return one row per code, the one that matters most first, with both opinions on it."""
    return Table(
        caption="What a person should look at first",
        columns=tuple(
            Column(title) for title in ("Code", "Facet", "Answer", "Second opinion", "Why")
        ),
        rows=tuple(
            (item.code, plain(item.facet), item.said, item.second, item.reason)
            for item in system.review
        ),
    )


def left_out_table(source: SourceFigures) -> Table:
    """Return one row per rule by which rows of the source were skipped or refused."""
    return Table(
        caption="Rows left out",
        columns=(Column("Why"), Column("What was done"), Column("Rows", is_figure=True)),
        rows=(
            *_rows_left_out(source.refused, "refused: not usable"),
            *_rows_left_out(source.skipped, "skipped on purpose"),
        ),
    )


def _rows_left_out(numbers: Mapping[str, int], done: str) -> list[tuple[str, ...]]:
    by_size = sorted(numbers.items(), key=lambda pair: -pair[1])
    return [(plain(rule), done, count(number)) for rule, number in by_size]
