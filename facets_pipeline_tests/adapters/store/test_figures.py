"""Figures add up: every active code is counted once, and money is exact or unknown."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline.domain.coverage import SystemFigures
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import (
    DAY,
    REVIEWED,
    answer_all,
    decide,
    hcpcs,
    load,
    numbered,
    statuses,
)
from facets_pipeline_tests.engine.annotators import FirstWord


def figures(store: Store) -> SystemFigures:
    """Return the figures of the system over a fresh flat table."""
    store.flat.refresh("HCPCS", DAY)
    return store.figures.of_system("HCPCS", DAY)


def test_an_empty_store_has_zeros_and_no_source(store: Store) -> None:
    found = figures(store)
    assert (found.active, found.answered, found.pending, found.coverage) == (0, 0, 0, 0.0)
    assert (found.source, found.annotator, found.decided) == (None, "nobody yet", 0.0)
    assert store.figures.costs() == ()


def test_the_four_states_add_up_to_the_active_codes(filled: Store) -> None:
    found = figures(filled)
    assert (found.answered, found.stale, found.in_review, found.pending) == (7, 1, 1, 1)
    assert found.answered + found.stale + found.in_review + found.pending == found.active == 10
    assert list(statuses(filled).values()).count("pending") == found.pending
    assert found.coverage == 0.7
    assert found.annotator == "claude first-word-1"


def test_a_facet_has_a_value_or_none_or_is_unknown(filled: Store) -> None:
    decide(filled, numbered(9)[5], "complexity_level", "simple")
    by_name = {facet.facet: facet for facet in figures(filled).facets}
    assert tuple(by_name) == CODEBOOK.names
    category, complexity = by_name["procedure_category"], by_name["complexity_level"]
    assert (category.with_value, category.not_applicable, category.unknown) == (8, 0, 2)
    assert category.distribution == {"drug": 8}
    assert (complexity.with_value, complexity.not_applicable, complexity.unknown) == (1, 7, 2)
    for facet in by_name.values():
        assert facet.with_value + facet.not_applicable + facet.unknown == 10


def test_what_is_in_review_is_named_with_rule_and_reason(filled: Store) -> None:
    found = figures(filled)
    assert [(finding.rule, finding.count, finding.codes) for finding in found.findings] == [
        ("R9", 1, (REVIEWED,))
    ]
    assert [item.code for item in found.review] == [REVIEWED]
    assert found.review[0].reason.startswith("R9: ")


def test_a_finding_of_an_answer_that_was_replaced_no_longer_counts(filled: Store) -> None:
    load(filled, "mended.csv", [hcpcs(REVIEWED, "drug after all")], mode=LoadMode.PARTIAL)
    answer_all(filled, FirstWord())
    found = figures(filled)
    assert found.findings == ()
    assert found.review == ()


def test_the_share_of_decided_values_counts_people_too(filled: Store) -> None:
    assert figures(filled).decided == 0.0
    decide(filled, numbered(9)[5], "procedure_category", "supply")
    assert figures(filled).decided == pytest.approx(1 / 8)


def test_the_source_and_the_codes_out_of_force_are_reported(store: Store) -> None:
    rows = [
        *numbered(40),
        hcpcs("B0001", terminated_on=date(2025, 1, 1)),
        hcpcs("C0001", effective_on=date(2027, 1, 1)),
        RowIssue("old.csv", 9, "LT", "skipped", "modifier", "LT is a modifier"),
    ]
    load(store, "old.csv", rows, has_dates=True)
    load(store, "new.csv", [*rows[1:]], has_dates=True)
    found = figures(store)
    assert (found.active, found.terminated, found.not_yet_effective, found.absent) == (39, 1, 1, 1)
    assert found.source is not None
    assert (found.source.file, found.source.skipped) == ("new.csv", {"modifier": 1})
    assert found.source.changes == {"unchanged": 41, "absent": 1}


def spend(store: Store, key: str, day: int, **values: int | str | None) -> None:
    """Record a call under the active recipe, opened just before midnight UTC."""
    moment = datetime(2026, 3, day, 23, 59, 59, tzinfo=UTC)
    row = {
        "call_id": key,
        "recipe_id": FirstWord().recipe.recipe_id,
        "mode": "messages",
        "state": "answered",
        "owner": "host:1:1:test",
        "lease_until": moment,
        "opened_at": moment,
        "codes": 10,
        "cost_nano_usd": 0,
        **values,
    }
    with store.database.write() as connection:
        connection.execute(sa.insert(call).values(row))


def test_costs_add_up_by_day_and_an_unknown_price_is_never_zero(store: Store) -> None:
    store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    tokens = {"input_tokens": 100, "cache_write_tokens": 10, "cache_read_tokens": 5}
    spend(store, "a", 1, cost_nano_usd=1_500_000_000, output_tokens=7, **tokens)
    spend(store, "b", 1, cost_nano_usd=1, **tokens)
    spend(store, "c", 2, cost_nano_usd=5)
    spend(store, "d", 2, cost_nano_usd=None)
    spend(store, "e", 3, state="in_doubt")
    newest, middle, oldest = store.figures.costs()
    assert [cost.day.day for cost in (newest, middle, oldest)] == [3, 2, 1]
    assert (oldest.calls, oldest.codes, oldest.usd) == (2, 20, 1.500000001)
    assert (oldest.input_tokens, oldest.cached_tokens, oldest.output_tokens) == (220, 10, 7)
    assert (middle.usd, middle.calls) == (None, 2)
    assert (newest.in_doubt, oldest.in_doubt) == (1, 0)
    assert {cost.annotator for cost in store.figures.costs()} == {"claude first-word-1"}


def test_cells_add_up_to_the_system(filled: Store) -> None:
    cells = filled.cells.of_system("HCPCS", DAY)
    assert tuple(cells) == CHUNKS
    assert sum(cell.codes for cell in cells.values()) == 10
    assert sum(cell.answered for cell in cells.values()) == 7
    assert sum(cell.in_review for cell in cells.values()) == 1
    assert sum(cell.pending for cell in cells.values()) == 2
    for chunk in (chunk_of("A0001"), chunk_of(REVIEWED)):
        assert filled.cells.of_chunk("HCPCS", chunk, DAY) == cells[chunk]


def test_a_cell_without_codes_has_zeros(store: Store) -> None:
    cell = store.cells.of_chunk("CPT", "07", DAY)
    assert (cell.codes, cell.pending, cell.newest_outcome, cell.recipe_id) == (0, 0, 0, "")
    assert set(store.cells.of_system("CPT", DAY)) == set(CHUNKS)


def test_the_version_of_a_cell_changes_with_its_content_alone(filled: Store) -> None:
    def versions() -> dict[str, str]:
        cells = filled.cells.of_system("HCPCS", DAY)
        return {chunk: cell.version for chunk, cell in cells.items()}

    before = versions()
    assert versions() == before
    load(filled, "one.csv", [hcpcs("A0001", "drug renamed")], mode=LoadMode.PARTIAL)
    pending = versions()
    assert {chunk for chunk in CHUNKS if pending[chunk] != before[chunk]} == {chunk_of("A0001")}
    filled.recipes.choose("HCPCS", FirstWord(prompt="new").recipe, reason="test")
    assert not set(versions().values()) & set(before.values())
