"""Confusion, precision, recall and F1: equal to a kept library's on random labels."""

import random
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from facets_pipeline.domain.confusion import Given, NoAnswer, confusion_of
from facets_pipeline.domain.opinions import FacetValue

WORDS: list[FacetValue | None] = ["ct", "mri", "xray", "pet", True, False, None]


@cache
def kept() -> Any:  # noqa: ANN401 - the library ships no types of its own
    """Return the library, imported by the process alone that compares with it: it takes seconds."""
    return import_module("sklearn.metrics")


def random_cells(seed: int, right: float) -> list[tuple[str, FacetValue | None, FacetValue | None]]:
    dice = random.Random(seed)  # noqa: S311 - data for a test, the same every time
    cells: list[tuple[str, FacetValue | None, FacetValue | None]] = []
    for number in range(dice.randint(1, 400)):
        gold = dice.choice(WORDS[: dice.randint(1, len(WORDS))])
        given = gold if dice.random() < right else dice.choice(WORDS)
        cells.append((f"A{number:04d}", gold, given))
    return cells


@pytest.mark.parametrize("seed", range(12))
def test_scores_equal_those_of_scikit_learn(seed: int) -> None:
    cells = random_cells(seed, right=seed / 12)
    gold, given = [str(cell[1]) for cell in cells], [str(cell[2]) for cell in cells]
    labels = sorted({*gold, *given})
    found = confusion_of(cells)
    precision, recall, f1, support = kept().precision_recall_fscore_support(
        gold, given, labels=labels, zero_division=0
    )
    ours = {str(score.value): score for score in found.values}
    assert [ours[label].precision for label in labels] == pytest.approx(list(precision))
    assert [ours[label].recall for label in labels] == pytest.approx(list(recall))
    assert [ours[label].f1 for label in labels] == pytest.approx(list(f1))
    assert [ours[label].labelled for label in labels] == list(support)
    assert found.macro_f1 == pytest.approx(
        kept().f1_score(gold, given, average="macro", zero_division=0)
    )
    matrix = kept().confusion_matrix(gold, given, labels=labels)
    for (one, another), codes in found.pairs.items():
        assert matrix[labels.index(str(one))][labels.index(str(another))] == len(codes)


def test_a_missing_answer_costs_recall_and_is_no_class_of_its_own() -> None:
    cells: list[tuple[str, FacetValue | None, Given]] = [
        ("A0001", "ct", "ct"),
        ("A0002", "ct", NoAnswer.NO_ANSWER),
    ]
    found = confusion_of(cells)
    (score,) = found.values
    assert (score.precision, score.recall) == (1.0, 0.5)
    assert found.macro_f1 == pytest.approx(2 / 3)


def test_a_missing_answer_is_wrong_also_where_nothing_belongs() -> None:
    found = confusion_of([("A0001", None, NoAnswer.NO_ANSWER)])
    assert found.mistakes == (((None, NoAnswer.NO_ANSWER), ("A0001",)),)


def test_mistakes_name_their_codes_the_most_frequent_first() -> None:
    cells = [
        ("A0001", "ct", "mri"),
        ("A0002", "xray", "ct"),
        ("A0003", "xray", "ct"),
        ("A0004", "ct", "ct"),
    ]
    assert confusion_of(cells).mistakes == (
        (("xray", "ct"), ("A0002", "A0003")),
        (("ct", "mri"), ("A0001",)),
    )


def test_of_nothing_there_is_no_score() -> None:
    assert confusion_of([]).macro_f1 == 0
