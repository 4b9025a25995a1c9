"""Counted once for a state of the store: nothing is counted again, and nothing stale is told."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from facets_pipeline.adapters.store.audits import broken_codes
from facets_pipeline.adapters.store.open_codes import OpenCodes
from facets_pipeline.adapters.store.review_backlog import review_backlog
from facets_pipeline.adapters.store.schema import kept_figure
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    answer_all,
    decide,
    filled_store,
    hcpcs,
    load,
    numbered,
)
from facets_pipeline_tests.engine.annotators import FirstWord

RECIPE = FirstWord().recipe.recipe_id

LOOKS: dict[str, Callable[[Store], Any]] = {
    "pending": lambda store: store.ledger.pending(ALL, RECIPE),
    "askable": lambda store: store.ledger.askable(ALL, RECIPE),
    "by chunk": lambda store: store.ledger.askable_by_chunk(ALL, RECIPE),
    "in a batch": lambda store: store.ledger.in_batch(ALL, RECIPE),
    "pages": lambda store: list(store.ledger.pending_pages("HCPCS", RECIPE, DAY)),
    "reasons": lambda store: OpenCodes(store.database).reasons("HCPCS", DAY),
    "open codes": lambda store: OpenCodes(store.database).pending(ALL, 5),
    "cells": lambda store: store.cells.of_system("HCPCS", DAY),
    "incomplete": lambda store: store.cells.incomplete("HCPCS", DAY),
    "figures": lambda store: store.figures.of_system("HCPCS", DAY, with_examples=False),
    "codes": lambda store: store.codes.counts("HCPCS", DAY),
    "enough": lambda store: store.second.enough("HCPCS"),
    "backlog": lambda store: review_backlog(store.database, store.flat, "HCPCS", 5),
    "broken": lambda store: broken_codes(store.database, store.flat, "HCPCS"),
}
"""Everything that a run with nothing to do asks."""


PASSES = ("GROUP BY", "NOT (EXISTS", "open_facets =")
"""What stands in statements that look at every code."""


@pytest.fixture
def settled(store: Store) -> Store:
    """A store with twenty codes of which none is pending, looked at once."""
    load(store, "codes.csv", numbered(20))
    store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    answer_all(store, FirstWord())
    store.flat.refresh("HCPCS", DAY)
    look(store)
    return store


def look(store: Store) -> dict[str, Any]:
    """Return all figures of a store whose rows are made to be fresh."""
    store.flat.refresh("HCPCS", DAY)
    store.cells.of_system("HCPCS", DAY)
    return {name: ask(store) for name, ask in LOOKS.items()}


@contextmanager
def statements() -> Generator[list[str]]:
    """Collect the statements that are sent while the block runs."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(" ".join(statement.split()))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def test_nothing_is_counted_twice_and_no_code_is_looked_at(settled: Store) -> None:
    for name, ask in LOOKS.items():
        with statements() as sent:
            ask(settled)
        passes = [text for text in sent if any(words in text for words in PASSES)]
        # The audit alone goes over the index of values: a hand leaves no trace elsewhere.
        assert (name, len(passes)) == (name, name == "broken")
        assert sent
    with settled.database.write() as connection:
        connection.execute(sa.delete(kept_figure))
    counting = set[str]()
    for name, ask in LOOKS.items():
        with statements() as sent:
            ask(settled)
        counting |= {name for text in sent if any(words in text for words in PASSES)}
    assert counting >= {"pending", "askable", "cells", "figures", "enough", "broken"}


def test_what_is_kept_is_what_would_be_counted(settled: Store) -> None:
    kept = look(settled)
    with settled.database.write() as connection:
        assert connection.execute(sa.delete(kept_figure)).rowcount >= 5
    assert look(settled) == kept
    assert kept["pending"] == 0
    assert kept["figures"].answered + kept["figures"].in_review == 20


CHANGES: dict[str, Callable[[Store], object]] = {
    "release": lambda store: load(store, "more.csv", [hcpcs("B0001")], mode=LoadMode.PARTIAL),
    "descriptor": lambda store: load(
        store, "new.csv", [hcpcs("A0001", "supply, renamed")], mode=LoadMode.PARTIAL
    ),
    "force": lambda store: store.recipes.force("HCPCS", RECIPE),
    "recipe": lambda store: store.recipes.choose(
        "HCPCS", FirstWord(prompt="new").recipe, reason="test"
    ),
    "decision": lambda store: decide(store, numbered(9)[5], "complexity_level", "simple"),
    "undecided": lambda store: store.recipes.choose(
        "HCPCS", FirstWord().recipe, reason="test", ask=AskFor.UNDECIDED
    ),
}
"""Whatever may change a figure."""


def test_after_a_change_nothing_stale_is_told(settled: Store) -> None:
    for name, change in CHANGES.items():
        change(settled)
        after = look(settled)
        with settled.database.write() as connection:
            connection.execute(sa.delete(kept_figure))
        assert (name, after) == (name, look(settled))


def test_new_codes_and_forced_ones_are_pending_at_once(settled: Store) -> None:
    CHANGES["release"](settled)
    assert (settled.ledger.pending(ALL, RECIPE), len(settled.cells.incomplete("HCPCS", DAY))) == (
        1,
        1,
    )
    assert settled.ledger.claim(ALL, RECIPE, size=5, after="") is not None
    settled.recipes.force("HCPCS", RECIPE)
    assert settled.ledger.pending(ALL, RECIPE) == 21


def test_a_code_that_ends_overnight_is_pending_no_longer(store: Store) -> None:
    load(store, "codes.csv", [hcpcs("A0001", terminated_on=DAY)], has_dates=True)
    store.recipes.choose("HCPCS", FirstWord().recipe, reason="test")
    assert [cell.codes for cell in store.cells.incomplete("HCPCS", DAY)] == [1]
    assert store.cells.incomplete("HCPCS", DAY + timedelta(days=1)) == []
    assert store.ledger.pending(ALL, RECIPE) == 1


def test_all_codes_are_asked_where_only_the_undecided_ones_are_settled(store: Store) -> None:
    load(store, "codes.csv", [hcpcs("J0120")])
    recipe = FirstWord().recipe
    store.recipes.choose("HCPCS", recipe, reason="test", ask=AskFor.UNDECIDED)
    store.second.refresh("HCPCS", DAY)
    assert store.cells.incomplete("HCPCS", DAY) == [], "its heading says enough"
    assert store.ledger.pending(ALL, RECIPE) == 0
    assert store.ledger.pending(Scope("HCPCS", DAY, ask=AskFor.ALL), RECIPE) == 1


def test_a_row_that_was_changed_by_hand_is_found_though_no_version_tells(store: Store) -> None:
    filled_store(store).flat.refresh("HCPCS", DAY)
    assert broken_codes(store.database, store.flat, "HCPCS") == []
    table = store.flat.table
    with store.database.write() as connection:
        by_hand = sa.update(table).where(table.c.code == "A0001").values(procedure_category="wrong")
        assert connection.execute(by_hand).rowcount == 1
    assert broken_codes(store.database, store.flat, "HCPCS") == ["A0001"]
