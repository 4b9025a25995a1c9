"""release_changes: the codes behind the counts of a release."""

from facets_pipeline.adapters.store.release_changes import release_changes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.releases import Change, LoadMode
from facets_pipeline_tests.adapters.store.contents import hcpcs, load, numbered


def test_the_first_release_adds_all_and_names_as_many_as_wanted(store: Store) -> None:
    report = load(store, "old.csv", numbered(5))
    found = release_changes(store.database, report.release_id, 2)
    assert found == {Change.ADDED: [("A0000", "drug number 0"), ("A0001", "drug number 1")]}


def test_added_changed_absent_and_returned_codes_are_told_apart(store: Store) -> None:
    load(store, "old.csv", numbered(3))
    report = load(
        store,
        "new.csv",
        [hcpcs("A0000", "renamed"), hcpcs("A0002", "drug number 2"), hcpcs("B1")],
        mode=LoadMode.FULL,
    )
    assert release_changes(store.database, report.release_id, 9) == {
        Change.ADDED: [("B1", "drug for a test")],
        Change.CHANGED: [("A0000", "renamed")],
        Change.ABSENT: [("A0001", "drug number 1")],
    }
    again = load(store, "third.csv", [hcpcs("A0000", "renamed"), *numbered(3)[1:], hcpcs("B1")])
    assert release_changes(store.database, again.release_id, 9) == {
        Change.RETURNED: [("A0001", "drug number 1")]
    }
