"""The active recipe of a system: chosen once, by whoever comes first, and told apart by content."""

import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import active_recipe, recipe
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.store.contents import answer_all, load, numbered
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew
from facets_pipeline_tests.engine.annotators import FirstWord


def test_nothing_is_active_until_something_is_chosen(store: Store) -> None:
    assert store.recipes.active("HCPCS") is None
    store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    active = store.recipes.active("HCPCS")
    assert active is not None
    assert active.recipe == FirstWord().recipe
    assert active.recipe_id == FirstWord().recipe.recipe_id
    assert store.recipes.active("CPT") is None


def test_the_choice_that_was_made_last_counts(store: Store) -> None:
    for prompt in ("one", "two", "one"):
        store.recipes.choose("HCPCS", FirstWord(prompt=prompt).recipe, reason="test")
    active = store.recipes.active("HCPCS")
    assert active is not None
    assert active.recipe.content == {"prompt": "one"}


def test_a_choice_made_again_is_not_written_again(store: Store) -> None:
    for _ in range(3):
        store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    with store.database.read() as connection:
        assert len(connection.execute(sa.select(active_recipe)).all()) == 1


def test_who_has_answered_is_known_per_system(store: Store) -> None:
    load(store, "codes.csv", numbered(2))
    assert not store.recipes.has_answers_by("HCPCS", "claude")
    answer_all(store, FirstWord(name="claude"))
    assert store.recipes.has_answers_by("HCPCS", "claude")
    assert not store.recipes.has_answers_by("HCPCS", "rules")
    assert not store.recipes.has_answers_by("CPT", "claude")


def choose(url: str) -> str:
    """Choose the same recipe as everybody else."""
    with Store.open(url) as store:
        store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
        active = store.recipes.active("HCPCS")
        return active.recipe_id if active is not None else ""


def test_four_processes_that_choose_at_once_make_one_choice(workers: Crew, empty_url: str) -> None:
    Store.open(empty_url).close()
    assert workers.at_once(choose, empty_url) == [FirstWord().recipe.recipe_id] * COUNT
    with Store.open(empty_url) as store, store.database.read() as connection:
        assert len(connection.execute(sa.select(recipe)).all()) == 1
        assert len(connection.execute(sa.select(active_recipe)).all()) == 1
