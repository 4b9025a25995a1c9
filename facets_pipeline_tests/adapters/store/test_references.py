"""Official tables: the newest of each kind counts, whole or not at all."""

from collections.abc import Iterator, Mapping

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import SourceError

ROWS = [("A0001", {"status": "A"}), ("A0002", {"status": "X"})]


def test_the_newest_table_of_a_kind_counts(store: Store) -> None:
    store.references.load("rbcs", "old.csv", "1", "2023", ROWS)
    report = store.references.load("rbcs", "new.csv", "2", "2024", ROWS[:1])
    assert (report.codes, report.already_loaded) == (1, False)
    assert store.references.values("rbcs", ["A0001", "A0002"]) == {"A0001": {"status": "A"}}
    assert store.references.releases() == {"rbcs": "2024"}


def test_a_kind_that_was_not_loaded_says_nothing(store: Store) -> None:
    store.references.load("rbcs", "rbcs.csv", "1", "2024", ROWS)
    assert store.references.values("pprrvu", ["A0001"]) == {}


def test_the_same_table_again_is_not_written_again(store: Store) -> None:
    store.references.load("rbcs", "rbcs.csv", "1", "2024", ROWS)
    again = store.references.load("rbcs", "rbcs.csv", "1", "2024", ROWS[:1])
    assert (again.codes, again.already_loaded) == (2, True)


def test_a_table_that_breaks_off_leaves_nothing(store: Store) -> None:
    def breaking() -> Iterator[tuple[str, Mapping[str, str]]]:
        yield from ROWS
        raise SourceError("'rbcs.csv' ends too soon.")

    with pytest.raises(SourceError, match="too soon"):
        store.references.load("rbcs", "rbcs.csv", "1", "2024", breaking())
    assert store.references.releases() == {}
