"""Rows and columns of the report: order, sums and what is taken together."""

from dataclasses import replace
from datetime import date, timedelta

from facets_pipeline.domain.coverage import FacetFigures
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report import sentences
from facets_pipeline.report.costs import MOST_DAYS, cost_table
from facets_pipeline.report.tables import (
    MOST_VALUES,
    distribution_table,
    facet_table,
    review_table,
    state_table,
)
from facets_pipeline_tests.report.examples import cost_figures, system_figures


def test_visit_levels_keep_their_order_and_body_systems_stand_by_frequency() -> None:
    levels = FacetFigures("em_level", 6, 0, 0, {"level_4": 3, "level_2": 2, "level_1": 1})
    systems = FacetFigures("body_system", 3, 0, 0, {"eye": 1, "nervous": 2})
    assert [row[0] for row in distribution_table(levels, CODEBOOK).rows] == [
        "level 1",
        "level 2",
        "level 4",
    ]
    assert [row[0] for row in distribution_table(systems, CODEBOOK).rows] == ["nervous", "eye"]


def test_values_that_the_codebook_does_not_know_are_shown_all_the_same() -> None:
    facet = FacetFigures("uses_contrast", 3, 0, 0, {True: 1, "perhaps": 2})
    assert distribution_table(facet, CODEBOOK).rows == (
        ("perhaps", "2", "66.7 %"),
        ("yes", "1", "33.3 %"),
    )


def test_very_many_values_are_taken_together_without_losing_a_code() -> None:
    facet = FacetFigures("new_facet", 60, 0, 0, {f"v{number}": 1 for number in range(60)})
    rows = distribution_table(facet, CODEBOOK).rows
    assert rows[-1][0] == "20 other values"
    assert len(rows) == MOST_VALUES + 1
    assert sum(int(row[1]) for row in rows) == 60


def test_each_row_of_a_chart_has_its_bar() -> None:
    table = facet_table(system_figures(), CODEBOOK)
    assert len(table.bars) == len(table.rows) == len(CODEBOOK.facets)


def test_states_add_up_to_the_active_codes() -> None:
    table = state_table(system_figures("CPT", 500, stale=20, in_review=2, pending=8))
    assert [row[1] for row in table.rows] == ["470", "20", "2", "8"]
    assert table.total == ("Active", "500", "100 %")


def test_codes_in_review_stand_in_their_order_with_both_opinions() -> None:
    rows = review_table(system_figures()).rows
    assert rows == (
        ("G0999", "em level", "level_4", "null", "The answer broke R12 three times."),
        ("J9999", "procedure category", "null", "", "The answer was refused twice."),
    )


def test_codes_in_doubt_are_told_beside_those_without_values() -> None:
    told = sentences.review(replace(system_figures(), in_doubt=5))
    assert told == (
        "7 codes are waiting for a person, 5 of them with values of which one is in doubt; "
        "the 2 that matter most are named here."
    )


def test_costs_stand_newest_first_and_old_days_are_summed() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(MOST_DAYS + 2)]
    table = cost_table(tuple(cost_figures(1.5, on) for on in days))
    assert table.rows[0][0] == f"{days[-1]:%Y-%m-%d}"
    assert table.rows[-1][0] == "Earlier"
    assert table.rows[-1][-1] == "$3.00"
    assert table.total[-1] == "$93.00"


def test_a_sum_of_unknown_prices_is_unknown() -> None:
    table = cost_table((cost_figures(None),))
    assert table.rows[0][-1] == "unknown"
    assert table.total[-1] == "unknown"
