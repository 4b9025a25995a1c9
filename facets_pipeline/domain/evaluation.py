"""How right every source is, side by side, against the same gold labels.

What belongs here: which scores there are and what each leaves out. Counting is in `accuracy`; where
answers come from is an adapter's business, how scores look a report's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from facets_pipeline.domain.accuracy import (
    Accuracy,
    Answers,
    Cell,
    Tally,
    accuracy_of,
    filled_in,
)
from facets_pipeline.domain.bases import BasisKind, kind_of
from facets_pipeline.domain.gold import GoldLabels
from facets_pipeline.domain.opinions import Stated

ALL_SYSTEMS = ""
"""Stands for all code systems together."""


class Source(StrEnum):
    """Who is measured."""

    CLAUDE = "claude"
    """What Claude answered, recipe by recipe."""
    RULES = "rules"
    """What code structure and descriptor words say."""
    REFERENCE = "reference"
    """The rules, sharpened by the official tables that the user loaded."""
    RECONCILED = "reconciled"
    """What stands in the flat table in the end."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One source, as it answered the codes of one code system.

    Attributes:
        source: Who.
        code_system: Its codes; `ALL_SYSTEMS` for all together.
        title: Who answered, in words: "claude-sonnet-5-5", "rules 1".
        label: How it answered: "codebook 1.2, effort low".
        recipe_id: The recipe's hash; empty where there is none.
    """

    source: Source
    code_system: str
    title: str
    label: str
    recipe_id: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """How right a voice is.

    Attributes:
        voice: Whose score it is.
        accuracy: Against every labelled cell of its codes; a code without answer is wrong.
        independent: The same without circular cells.
        filled_in: Of the cells that must be empty, in codes that it answered, those that are not.
    """

    voice: Voice
    accuracy: Accuracy
    independent: Accuracy
    filled_in: Tally


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All scores against one set of labels.

    Attributes:
        labels: The labels of active codes, with the account of all rows.
        circular: Cells whose value rests on an official table that was loaded: their labels may
            come from the same table, so that being right there proves little.
        scores: Per code system and for all together, in the order of `Source`.
    """

    labels: GoldLabels
    circular: frozenset[Cell]
    scores: tuple[Score, ...]

    def score(self, source: Source, code_system: str = ALL_SYSTEMS) -> Score | None:
        """Return the score of `source`; of several recipes the first: the current one, if any."""
        for score in self.scores:
            if (score.voice.source, score.voice.code_system) == (source, code_system):
                return score
        return None


def score_of(
    voice: Voice, labels: GoldLabels, circular: frozenset[Cell], answers: Answers
) -> Score:
    """Return how right `answers` are on the codes of the voice's code system."""
    system = voice.code_system
    values = {
        cell: value for cell, value in labels.values.items() if system in (ALL_SYSTEMS, cell[0])
    }
    independent = {cell: value for cell, value in values.items() if cell not in circular}
    empty = (cell for cell in labels.empty_cells if system in (ALL_SYSTEMS, cell[0]))
    return Score(
        voice,
        accuracy_of(values, answers),
        accuracy_of(independent, answers),
        filled_in(empty, answers),
    )


def rests_on_table(stated: Stated) -> bool:
    """Tell whether an official table that was loaded decides what is stated."""
    return kind_of(stated) is BasisKind.OFFICIAL


class Attainment(StrEnum):
    """How a measured share stands to the one that is wanted."""

    REACHED = "reached"
    """The share is as high as wanted."""
    UNSURE = "unsure"
    """It is lower, but so few were compared that chance may explain it."""
    MISSED = "missed"
    """It is lower, and its whole interval is."""


def attainment(tally: Tally, wanted: float) -> Attainment:
    """Compare the share of `tally` with the `wanted` share (0 to 1)."""
    if tally.total and tally.share >= wanted:
        return Attainment.REACHED
    return Attainment.UNSURE if tally.interval.high >= wanted else Attainment.MISSED


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """How right the sources were at one time: right cells of all systems, by source."""

    at: datetime
    cells: Mapping[Source, Tally]


def kept_score(score: Score) -> dict[str, Any]:
    """Return what is kept of a score over time: plain values, without cells and codes."""
    voice, accuracy = score.voice, score.accuracy
    return {
        "source": voice.source.value,
        "code_system": voice.code_system,
        "title": voice.title,
        "label": voice.label,
        "recipe": voice.recipe_id,
        "cells": _pair(accuracy.cells),
        "independent": _pair(score.independent.cells),
        "codes": _pair(accuracy.codes),
        "unanswered": accuracy.unanswered,
        "filled_in": _pair(score.filled_in),
        "facets": {facet: _pair(tally) for facet, tally in accuracy.facets.items()},
    }


def trend_point(at: datetime, scores: Sequence[Mapping[str, Any]]) -> TrendPoint:
    """Return the point that kept scores make; of several recipes the first counts."""
    cells: dict[Source, Tally] = {}
    for score in scores:
        if score["code_system"] == ALL_SYSTEMS:
            cells.setdefault(Source(score["source"]), Tally(*score["cells"]))
    return TrendPoint(at, cells)


def _pair(tally: Tally) -> list[int]:
    return [tally.right, tally.total]
