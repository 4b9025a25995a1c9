"""Scores: what is circular, what a threshold says of few cells, and what is kept over time."""

import json
from datetime import UTC, datetime

import pytest

from facets_pipeline.domain.accuracy import Answers, Cell, Tally
from facets_pipeline.domain.evaluation import (
    ALL_SYSTEMS,
    Attainment,
    Source,
    Voice,
    attainment,
    kept_score,
    rests_on_table,
    score_of,
    trend_point,
)
from facets_pipeline.domain.gold import GoldLabels
from facets_pipeline.domain.opinions import FacetValue, Stated

MAJOR: Cell = ("CPT", "10021", "is_major_surgery")
VALUES: dict[Cell, FacetValue | None] = {
    ("CPT", "10021", "procedure_category"): "surgical",
    MAJOR: True,
    ("HCPCS", "J0120", "procedure_category"): "drug",
    ("HCPCS", "J0120", "em_level"): None,
}
LABELS = GoldLabels(VALUES, frozenset({("HCPCS", "J0120", "em_patient_type")}))
ANSWERS: Answers = {
    ("CPT", "10021"): {"procedure_category": "treatment", "is_major_surgery": True},
    ("HCPCS", "J0120"): {"procedure_category": "drug", "em_patient_type": "new"},
}


def voice(code_system: str = ALL_SYSTEMS) -> Voice:
    return Voice(Source.CLAUDE, code_system, "claude-x", "codebook 1.2", "abc")


def test_circular_cells_are_counted_with_the_others_and_left_out_apart() -> None:
    score = score_of(voice(), LABELS, frozenset({MAJOR}), ANSWERS)
    assert score.accuracy.cells == Tally(3, 4)
    assert score.independent.cells == Tally(2, 3)


def test_a_code_system_is_scored_on_its_own_cells() -> None:
    score = score_of(voice("HCPCS"), LABELS, frozenset(), ANSWERS)
    assert score.accuracy.cells == Tally(2, 2)
    assert score.filled_in == Tally(1, 2)
    assert score_of(voice("CPT"), LABELS, frozenset(), ANSWERS).filled_in == Tally(0, 0)


@pytest.mark.parametrize(
    ("basis", "rests"),
    [("pfs: global 090", True), ("rbcs: Imaging", True), ("heading: 70010-76499", False)],
)
def test_what_rests_on_a_loaded_table_is_known_by_its_basis(basis: str, *, rests: bool) -> None:
    assert rests_on_table(Stated("x", basis, decided=True)) is rests


@pytest.mark.parametrize(
    ("tally", "found"),
    [
        (Tally(95, 100), Attainment.REACHED),
        (Tally(94, 100), Attainment.UNSURE),
        (Tally(60, 100), Attainment.MISSED),
        (Tally(3, 4), Attainment.UNSURE),
        (Tally(0, 0), Attainment.UNSURE),
    ],
)
def test_a_threshold_tells_what_is_missed_from_what_chance_may_explain(
    tally: Tally, found: Attainment
) -> None:
    assert attainment(tally, 0.95) is found


def test_what_is_kept_is_plain_and_makes_a_point_of_the_trend() -> None:
    kept = json.loads(json.dumps(kept_score(score_of(voice(), LABELS, frozenset(), ANSWERS))))
    older = {**kept, "cells": [0, 4]}
    at = datetime(2026, 3, 3, tzinfo=UTC)
    assert trend_point(at, [kept, older]).cells == {Source.CLAUDE: Tally(3, 4)}
    assert kept["facets"]["is_major_surgery"] == [1, 1]
