"""How right the second opinion is with the real official tables, and without what they give it."""

import csv
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.adapters.sources.reference import open_reference
from facets_pipeline.domain.accuracy import Gold, accuracy_of
from facets_pipeline.domain.bases import OFFICIAL_SOURCES
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.official import OfficialValues, sharpened
from facets_pipeline.domain.opinions import Opinion, answer_of


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def gold(shared_data: Path) -> Gold:
    """The development gold, made from headings and from the very tables that are loaded here."""
    return read_gold([shared_data / "gold_dev.csv"]).labels.values


@pytest.fixture(scope="module")
def opinions(shared_data: Path, gold: Gold) -> dict[tuple[str, str], Opinion]:
    """The second opinions on its codes; CPT codes have no text here."""
    rows = rows_of(shared_data / "hcpcs_2026_january.csv")
    texts = {row["HCPCS_CODE"]: row["LONG_DESCRIPTION"] for row in rows}
    files = ("PPRRVU2025_Oct_indicators.csv", "rbcs_2024.csv")
    fees, taxonomy = (
        {row.code: row.values for row in open_reference(shared_data / file).rows()}
        for file in files
    )
    return {
        (system, code): sharpened(
            system,
            code,
            rules_opinion(Code(system, code, long_descriptor=texts.get(code, ""))),
            OfficialValues(fees.get(code, {}), taxonomy.get(code, {})),
        )
        for system, code in {cell[:2] for cell in gold}
    }


def test_with_official_tables_nearly_every_cell_is_right(
    gold: Gold, opinions: dict[tuple[str, str], Opinion]
) -> None:
    answers = {key: answer_of(opinion) for key, opinion in opinions.items()}
    assert accuracy_of(gold, answers).cells.share >= 0.995


def test_cells_that_no_loaded_table_gives_are_as_right(
    gold: Gold, opinions: dict[tuple[str, str], Opinion]
) -> None:
    own = {
        (system, code, facet): value
        for (system, code, facet), value in gold.items()
        if not opinions[system, code][facet].basis.startswith(OFFICIAL_SOURCES)
    }
    answers = {key: answer_of(opinion) for key, opinion in opinions.items()}
    assert len(own) > 3_000
    assert accuracy_of(own, answers).cells.share >= 0.99
