"""Loading releases: what a source changes, what it may not change, and all or nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from facets_pipeline.adapters.loading import load_codes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import (
    DAY,
    active,
    changes,
    hcpcs,
    load,
    numbered,
    source,
)
from facets_pipeline_tests.adapters.store.processes import COUNT, Crew

ENDED = date(2025, 12, 31)
LATER = date(2026, 7, 1)


def test_the_first_load_adds_every_code(store: Store) -> None:
    report = load(store, "first.csv", numbered(3))
    assert changes(report) == {"added": 3}
    assert (report.codes, report.active, report.already_loaded) == (3, 3, False)
    assert list(active(store).values()) == numbered(3)
    newest = store.releases.newest("HCPCS")
    assert newest is not None
    assert (newest["file"], newest["mode"], newest["release_id"]) == (
        "first.csv",
        "first",
        report.release_id,
    )


def test_nothing_is_known_before_the_first_load(store: Store) -> None:
    assert store.releases.newest("HCPCS") is None
    assert active(store) == {}


def test_the_same_source_again_writes_nothing_and_reads_nothing(store: Store) -> None:
    first = load(store, "same.csv", numbered(3))

    def unread() -> Iterator[Code]:
        yield pytest.fail("the rows of a source that is loaded already must not be read")

    again = load(store, "same.csv", unread(), mode=LoadMode.PARTIAL)
    assert again.already_loaded
    assert (again.release_id, again.mode, again.codes) == (first.release_id, LoadMode.PARTIAL, 3)
    assert changes(again) == {"unchanged": 3}


def test_the_same_file_at_another_place_is_read_from_there_the_next_time(store: Store) -> None:
    first = load(store, "codes.csv", numbered(3))
    moved = replace(source("codes.csv"), location="/archive/codes.csv")
    second = store.releases.load(moved, numbered(3), mode=LoadMode.NEXT, day=DAY)
    assert second.release_id > first.release_id
    assert changes(second) == {"unchanged": 3}
    newest = store.releases.newest("HCPCS")
    assert newest is not None
    assert newest["location"] == "/archive/codes.csv"


def test_a_next_release_names_what_is_added_changed_updated_and_absent(store: Store) -> None:
    before = numbered(40)
    load(store, "old.csv", before)
    after = [
        replace(before[0], long_descriptor="drug in other words"),
        replace(before[1], category="a heading"),
        *before[3:],
        hcpcs("B0001"),
    ]
    report = load(store, "new.csv", after)
    assert changes(report) == {
        "added": 1,
        "changed": 1,
        "updated": 1,
        "unchanged": 37,
        "absent": 1,
    }
    known = active(store)
    assert "A0002" not in known
    assert known["A0000"].descriptor == "drug in other words"
    assert known["A0001"].category == "a heading"
    assert store.codes.counts("HCPCS", DAY).absent == 1


def test_an_absent_code_that_is_listed_again_has_returned(store: Store) -> None:
    load(store, "old.csv", numbered(40))
    load(store, "without.csv", numbered(39))
    report = load(store, "again.csv", numbered(40))
    assert changes(report) == {"returned": 1, "unchanged": 39}
    assert len(active(store)) == 40


def test_a_release_that_drops_too_many_codes_is_refused_and_nothing_is_written(
    store: Store,
) -> None:
    first = load(store, "old.csv", numbered(100))
    with pytest.raises(SourceError, match=r"'new.csv' lacks 6 of the 100 active HCPCS codes"):
        load(store, "new.csv", [*numbered(94), hcpcs("B0001")])
    newest = store.releases.newest("HCPCS")
    assert newest is not None
    assert newest["release_id"] == first.release_id
    assert list(active(store).values()) == numbered(100)
    assert changes(load(store, "five.csv", numbered(95))) == {"unchanged": 95, "absent": 5}


def test_a_partial_source_is_merged_and_a_full_one_replaces(store: Store) -> None:
    load(store, "old.csv", numbered(100))
    part = load(store, "part.csv", [hcpcs("A0000", "drug renamed")], mode=LoadMode.PARTIAL)
    assert changes(part) == {"changed": 1}
    assert part.active == 100
    full = load(store, "full.csv", numbered(1), mode=LoadMode.FULL)
    assert changes(full) == {"changed": 1, "absent": 99}
    assert full.active == 1


def test_a_full_load_of_the_same_file_insists(store: Store) -> None:
    load(store, "all.csv", numbered(100))
    load(store, "one.csv", numbered(1), mode=LoadMode.PARTIAL)
    again = load(store, "one.csv", numbered(1), mode=LoadMode.FULL)
    assert changes(again) == {"unchanged": 1, "absent": 99}


def test_an_error_in_the_middle_of_the_rows_leaves_nothing(store: Store) -> None:
    def breaking() -> Iterator[Code]:
        yield from numbered(1500)
        raise SourceError("'broken.zip' ends in the middle of a row.")

    with pytest.raises(SourceError, match="in the middle of a row"):
        load(store, "broken.zip", breaking())
    assert store.releases.newest("HCPCS") is None
    assert active(store) == {}
    assert store.releases.issues(1) == []


def test_the_systems_do_not_touch_each_other(store: Store) -> None:
    load(store, "hcpcs.csv", numbered(10))
    cpt = [Code("CPT", "12345", long_descriptor="plain words for a test")]
    store.releases.load(source("cpt.csv", code_system="CPT"), cpt, mode=LoadMode.NEXT, day=DAY)
    assert len(active(store)) == 10
    assert store.codes.counts("CPT", DAY).active == 1


def test_a_system_larger_than_a_page_is_compared_as_a_whole(store: Store) -> None:
    load(store, "old.csv", numbered(2500))
    report = load(store, "new.csv", numbered(2400))
    assert changes(report) == {"unchanged": 2400, "absent": 100}
    assert [code.code for code in store.codes.active("HCPCS", DAY)] == [
        code.code for code in numbered(2400)
    ]


def load_same(url: str) -> tuple[bool, dict[str, int]]:
    """Load 1,200 codes; return whether they were there already, and what changed."""
    with Store.open(url) as store:
        report = load(store, "same.csv", numbered(1200))
        return report.already_loaded, changes(report)


def test_loads_at_the_same_time_are_one_load(workers: Crew, empty_url: str) -> None:
    Store.open(empty_url).close()
    reports = workers.at_once(load_same, empty_url)
    assert sorted(reports) == [
        (False, {"added": 1200}),
        *[(True, {"unchanged": 1200})] * (COUNT - 1),
    ]
    with Store.open(empty_url) as store:
        assert store.codes.counts("HCPCS", DAY).active == 1200


def test_two_releases_of_cms_seven_years_apart(store: Store, shared_data: Path) -> None:
    system = CODE_SYSTEMS["HCPCS"]

    def loaded(name: str) -> dict[str, int]:
        path = str(shared_data / name)
        report = load_codes(store, system, path, mode=LoadMode.NEXT, day=DAY)
        return {**changes(report), "still_terminated": len(report.still_terminated)}

    assert loaded("HCPC2019_CONTR_ANWEB.txt")["added"] == 6_440
    found = loaded("hcpcs_2026_january.csv")
    assert (found["added"], found["changed"], found["still_terminated"]) == (2_183, 376, 506)
    assert "absent" not in found
    counts = store.codes.counts("HCPCS", DAY)
    assert (counts.active, counts.terminated) == (8_623 - 506, 506)
