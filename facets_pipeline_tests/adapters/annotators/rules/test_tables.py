"""The heading tables: which row wins, and what every row must keep to."""

import re
from importlib.resources.abc import Traversable

import pytest

from facets_pipeline.adapters.annotators.rules import RULES_VERSION, rules_content_hash
from facets_pipeline.adapters.annotators.rules.tables import (
    HeadingTable,
    headings_of,
    read_headings,
    table_files,
)
from facets_pipeline.domain.facets import CODEBOOK

HEADING_FILES = [entry for entry in table_files() if entry.name.startswith(("cpt_", "hcpcs_"))]
VOCABULARY = {
    facet.name: {str(value).lower() for value in facet.vocabulary} | {"-", "?"}
    for facet in CODEBOOK.facets
} | {"usual_global": {"000", "010", "090", "none"}, "usual_size": {"small", "middle", "large"}}


def table(*rows: str) -> HeadingTable:
    return HeadingTable(read_headings("\n".join(("first,last,heading,values", *rows))))


def value_of(found: HeadingTable, number: int, facet: str) -> str | None:
    return found.find(number)[facet][0] if facet in found.find(number) else None


def test_a_narrower_row_overrides_a_wider_one_facet_by_facet() -> None:
    rows = table("10000,19999,wide,category=surgical system=eye", "10010,10020,narrow,system=ear")
    assert value_of(rows, 10015, "body_system") == "ear"
    assert value_of(rows, 10015, "procedure_category") == "surgical"
    assert value_of(rows, 10021, "body_system") == "eye"
    assert value_of(rows, 20000, "body_system") is None


def test_a_question_mark_reopens_what_a_wider_row_decides() -> None:
    rows = table("10000,19999,wide,region=-", "10010,10020,narrow,region=?")
    assert value_of(rows, 10009, "body_region") == "-"
    assert value_of(rows, 10010, "body_region") is None


def test_codes_of_another_form_are_not_found() -> None:
    assert headings_of("0042T")["imaging_modality"][0] == "ct"
    assert "imaging_modality" not in headings_of("00420")


@pytest.mark.parametrize("entry", HEADING_FILES, ids=lambda entry: str(entry.name))
def test_every_row_has_a_range_of_one_form_a_title_and_known_values(entry: Traversable) -> None:
    for row in read_headings(entry.read_text(encoding="utf-8")):
        assert re.sub("[0-9]", "#", row.first) == re.sub("[0-9]", "#", row.last)
        assert row.first <= row.last
        assert row.title
        for facet, value in row.values.items():
            assert value in VOCABULARY[facet], f"{row.first}: {facet}={value}"


@pytest.mark.parametrize("entry", HEADING_FILES, ids=lambda entry: str(entry.name))
def test_no_range_stands_twice_and_every_row_decides_something(entry: Traversable) -> None:
    rows = list(read_headings(entry.read_text(encoding="utf-8")))
    assert len({(row.first, row.last) for row in rows}) == len(rows)
    assert [row.title for row in rows if not row.values] == []


def test_the_content_hash_covers_every_table_and_stays_the_same() -> None:
    assert RULES_VERSION
    first = rules_content_hash()
    rules_content_hash.cache_clear()
    assert rules_content_hash() == first
    assert re.fullmatch("[0-9a-f]{64}", rules_content_hash())
    assert "words.csv" in {entry.name for entry in table_files()}
