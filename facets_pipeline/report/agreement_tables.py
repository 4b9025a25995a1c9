"""Agreement of two sources as tables, for terminals of 80 columns.

What belongs here: which figures stand in which row. Counting is the domain's (`agreement`).
"""

from collections.abc import Sequence

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.agreement import Comparison, Difference
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.report.accuracy_words import given_name, with_span
from facets_pipeline.report.tables import Column, Table, figures
from facets_pipeline.report.words import NOTHING, count, percent

MOST_SWAPS = 3
"""Pairs of values that are named for one facet."""


def agreement_table(comparison: Comparison, title: str) -> Table:
    """Return a row per facet: codes, share of agreement with interval, kappa, frequent pairs."""
    return Table(
        caption=title,
        columns=(
            Column("Facet"),
            *figures("Codes", "Agree", "Kappa"),
            Column("Most frequent differences"),
        ),
        rows=tuple(
            (
                each.facet,
                count(each.compared),
                with_span(Tally(each.agreed, each.compared)),
                NOTHING if each.kappa is None else f"{each.kappa:.3f}",
                _swaps(comparison, each.facet),
            )
            for each in comparison.agreements
        ),
    )


def difference_table(found: Sequence[Difference], one: str, other: str) -> Table:
    """Return a row per differing cell: what both state, and on what basis."""
    return Table(
        caption=f"Where they differ: {one}, then {other}, each with its basis",
        columns=(Column("Code"), Column("Facet"), Column("One"), Column("Other")),
        rows=tuple(
            (each.code, each.facet, _stated(each.one), _stated(each.other)) for each in found
        ),
    )


def summary(comparison: Comparison) -> str:
    """Return what was compared, in a sentence."""
    alone = (
        (comparison.only_one, "answered by the first alone"),
        (comparison.only_other, "answered by the second alone"),
        (comparison.neither, "by neither"),
    )
    told = [f"{count(number)} {words}" for number, words in alone if number]
    return (
        f"{count(comparison.compared)} codes are answered by both, "
        f"{count(comparison.alike)} of them alike in every facet "
        f"({percent(comparison.alike, comparison.compared)})"
        + (f"; {', '.join(told)}" if told else "")
        + "."
    )


def _swaps(comparison: Comparison, facet: str) -> str:
    found = list(comparison.swaps(facet))
    shown = [
        f"{given_name(one)} / {given_name(other)} {count(number)}"
        for (one, other), number in found[:MOST_SWAPS]
    ]
    return "; ".join(shown)


def _stated(stated: Stated) -> str:
    basis = f" [{stated.basis}]" if stated.basis else ""
    return f"{given_name(stated.value)}{basis}"
