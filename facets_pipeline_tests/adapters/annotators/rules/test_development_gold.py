"""How right the `rules` annotator is on real codes, where the real files are on this machine."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.domain.accuracy import CodeKey, accuracy_of, filled_in
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Answer, answer_of
from facets_pipeline.domain.rules import broken_rules

Texts = dict[str, str]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> Texts:
    rows = rows_of(shared_data / "hcpcs_2026_january.csv")
    return {
        row["HCPCS_CODE"]: row["LONG_DESCRIPTION"] for row in rows if len(row["HCPCS_CODE"]) == 5
    }


def answers_for(keys: Iterable[CodeKey], texts: Texts) -> dict[CodeKey, Answer]:
    """Answer with HCPCS descriptors and without CPT ones, which are not ours to ship."""
    return {
        (system, code): answer_of(
            rules_opinion(Code(system, code, long_descriptor=texts.get(code, "")))
        )
        for system, code in set(keys)
    }


@pytest.mark.parametrize(
    ("name", "cells", "codes"), [("gold_dev.csv", 0.98, 0.96), ("full_dev.csv", 0.96, 0.75)]
)
def test_labels_of_development_are_met(
    shared_data: Path, texts: Texts, name: str, cells: float, codes: float
) -> None:
    gold = read_gold([shared_data / name]).labels.values
    accuracy = accuracy_of(gold, answers_for([cell[:2] for cell in gold], texts))
    assert accuracy.cells.share >= cells
    assert accuracy.codes.share >= codes


def test_what_is_not_applicable_stays_null(shared_data: Path, texts: Texts) -> None:
    rows = rows_of(shared_data / "gold_dev_not_applicable.csv")
    cells = [(row["code_system"], row["code"], row["facet"]) for row in rows]
    answers = answers_for([cell[:2] for cell in cells], texts)
    assert filled_in(cells, answers).share < 0.005


def test_every_code_of_a_whole_release_has_a_category_and_breaks_no_rule(texts: Texts) -> None:
    answers = answers_for([("HCPCS", code) for code in texts], texts)
    for (system, code), answer in answers.items():
        assert answer["procedure_category"] is not None
        assert broken_rules(system, code, answer) == [], code


def test_usual_global_periods_agree_with_the_fee_schedule_on_the_surgery_section(
    shared_data: Path,
) -> None:
    # Columns by position, because names repeat: 0 code, 1 modifier, 14 global days.
    with (shared_data / "PPRRVU2025_Oct_indicators.csv").open(encoding="latin-1") as lines:
        rows = [row for row in csv.reader(lines) if len(row) > 14]
    meaning = {"090": True, "000": False, "010": False}
    official = {
        row[0]: meaning[row[14]]
        for row in rows
        if row[0].isdigit() and "10004" <= row[0] <= "69990" and not row[1] and row[14] in meaning
    }
    agreed = sum(
        rules_opinion(Code("CPT", code))["is_major_surgery"].value is major
        for code, major in official.items()
    )
    assert len(official) > 5000
    assert agreed / len(official) >= 0.93
