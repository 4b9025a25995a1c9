"""Two sides over a whole store: sources, recipes and releases, and where they differ."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from facets_pipeline.adapters import comparing
from facets_pipeline.adapters.differences_csv import written_through
from facets_pipeline.adapters.store.answers import Answers
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.release_codes import ReleaseCodes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.agreement import Comparison, Difference
from facets_pipeline.domain.errors import SettingsError, SourceError, StoreError
from facets_pipeline.domain.evaluation import Source
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import DAY, answer_all, hcpcs, load
from facets_pipeline_tests.engine.annotators import FirstWord

CODES = [hcpcs("A4206", "supply one"), hcpcs("A4207", "dme two")]


@pytest.fixture
def store(database: Database) -> Store:
    """Two supplies; the model takes one of them for equipment."""
    store = Store(database)
    load(store, "first.csv", CODES)
    answer_all(store, FirstWord())
    store.flat.refresh("HCPCS", DAY)
    return store


def categories(found: Iterator[Difference]) -> list[tuple[str, object, object]]:
    return [
        (each.code, each.one.value, each.other.value)
        for each in found
        if each.facet == "procedure_category"
    ]


def agreed(comparison: Comparison) -> tuple[int, int]:
    (category, *_) = comparison.agreements
    return category.agreed, category.compared


def test_rules_are_compared_with_claude_code_by_code(store: Store) -> None:
    rules = comparing.source_side(store, Source.RULES, "HCPCS")
    claude = comparing.source_side(store, Source.CLAUDE, "HCPCS")
    figures, found = comparing.compare(store, "HCPCS", DAY, rules, claude)
    cells = [each for each in found if each.facet == "procedure_category"]
    (cell,) = cells
    assert (cell.code, cell.one.value, cell.other.value) == ("A4207", "supply", "dme")
    assert cell.one.basis.startswith("heading")
    assert cell.other.basis == "first word"
    assert agreed(figures) == (1, 2)


def test_a_source_never_differs_from_itself(store: Store) -> None:
    side = comparing.source_side(store, Source.RECONCILED, "HCPCS")
    figures, found = comparing.compare(store, "HCPCS", DAY, side, side)
    assert list(found) == []
    assert figures.alike == 2


def test_claude_is_refused_where_it_never_answered(database: Database) -> None:
    store = Store(database)
    load(store, "first.csv", CODES)
    with pytest.raises(SourceError, match="Claude has answered no HCPCS code"):
        comparing.source_side(store, Source.CLAUDE, "HCPCS")


def test_two_recipes_are_found_by_id_and_by_words(store: Store) -> None:
    answer_all(store, FirstWord(model="first-word-2", prompt="other"))
    known = Answers(store.database).recipes("HCPCS")
    one = comparing.chosen_recipe(known, "word-1")
    other = comparing.chosen_recipe(known, known[0].recipe_id[:10])
    assert (one.model, other.model) == ("first-word-1", "first-word-2")
    sides = [comparing.recipe_side(store, each) for each in (one, other)]
    figures, found = comparing.compare(store, "HCPCS", DAY, *sides)
    assert list(found) == []
    assert figures.compared == 2


@pytest.mark.parametrize("wanted", ["first-word", "haiku", ""])
def test_a_recipe_that_is_not_clear_is_refused_with_those_there_are(
    store: Store, wanted: str
) -> None:
    answer_all(store, FirstWord(model="first-word-2"))
    with pytest.raises(SettingsError, match=r"first-word-1.*|first-word-2"):
        comparing.chosen_recipe(Answers(store.database).recipes("HCPCS"), wanted)


def test_what_a_release_changes_is_seen_code_by_code(store: Store) -> None:
    later = [hcpcs("A4206", "dme anew"), hcpcs("A4208", "supply three")]
    load(store, "second.csv", later, mode=LoadMode.FULL)
    answer_all(store, FirstWord())
    reader = ReleaseCodes(store.database)
    first, second = (reader.release("HCPCS", name)[0] for name in ("first.csv", "second.csv"))
    side = comparing.source_side(store, Source.CLAUDE, "HCPCS")
    figures, change, found = comparing.compare_releases(store, "HCPCS", (first, second), side.read)
    assert categories(found) == [("A4206", "supply", "dme")]
    assert (change.reworded, change.added, change.gone) == (1, 1, 1)
    assert figures.compared == 1


def test_a_release_that_is_not_known_is_refused_with_those_there_are(store: Store) -> None:
    with pytest.raises(SettingsError, match=r"2026-01 \(first.csv\)"):
        ReleaseCodes(store.database).release("HCPCS", "1999")


DIFFERENCE = Difference(
    "HCPCS",
    "J0120",
    "uses_contrast",
    Stated(value=True, basis="model", decided=False),
    Stated(value=None, basis="heading, J", decided=True),
)


def test_differing_cells_are_written_as_they_pass(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    assert list(written_through([DIFFERENCE], path)) == [DIFFERENCE]
    assert path.read_text("utf-8").splitlines() == [
        "code_system,code,facet,one,other,basis_of_one,basis_of_other",
        'HCPCS,J0120,uses_contrast,true,,model,"heading, J"',
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["cells.csv"]


def test_a_comparison_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("old", "utf-8")
    passing = written_through([DIFFERENCE, DIFFERENCE], path)
    next(passing)
    del passing
    assert [(each.name, each.read_text("utf-8")) for each in tmp_path.iterdir()] == [
        ("cells.csv", "old")
    ]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="choose a folder"):
        list(written_through([DIFFERENCE], tmp_path / "missing" / "cells.csv"))
