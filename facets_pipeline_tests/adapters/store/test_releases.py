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
from facets_pipeline.domain.intake import RowIssue
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


def test_dates_decide_what_is_active(store: Store) -> None:
    rows = [
        hcpcs("A0001"),
        hcpcs("A0002", effective_on=LATER),
        hcpcs("A0003", terminated_on=ENDED),
        hcpcs("A0004", effective_on=DAY, terminated_on=DAY),
    ]
    report = load(store, "dated.csv", rows, has_dates=True)
    assert (report.active, report.terminated, report.not_yet_effective) == (2, 1, 1)
    assert set(active(store)) == {"A0001", "A0004"}
    assert set(active(store, LATER)) == {"A0001", "A0002"}
    issues = store.releases.issues(report.release_id)
    assert [(issue.code, issue.kind, issue.rule) for issue in issues] == [
        ("A0002", "inactive", "not_yet_effective"),
        ("A0003", "inactive", "terminated"),
    ]


def test_a_source_without_dates_neither_revives_nor_terminates(store: Store) -> None:
    dated = [*numbered(40), hcpcs("B0001", terminated_on=ENDED), hcpcs("C0001", effective_on=LATER)]
    load(store, "dated.csv", dated, has_dates=True)
    report = load(store, "undated.csv", [*numbered(40), hcpcs("B0001"), hcpcs("C0001")])
    assert report.still_terminated == ("B0001",)
    assert changes(report) == {"unchanged": 42}
    assert set(active(store)) == {code.code for code in numbered(40)}
    messages = [issue.message for issue in store.releases.issues(report.release_id)]
    assert messages == [
        "B0001 ended on 2025-12-31, as an earlier source says; this one has no dates",
        "C0001 starts on 2026-07-01",
    ]
    assert set(active(store, LATER)) - set(active(store)) == {"C0001"}


def test_a_source_with_dates_terminates_and_revives(store: Store) -> None:
    load(store, "first.csv", [*numbered(40), hcpcs("B0001", terminated_on=ENDED)], has_dates=True)
    ended = [replace(code, terminated_on=ENDED) for code in numbered(1)]
    report = load(store, "next.csv", [*ended, *numbered(40)[1:], hcpcs("B0001")], has_dates=True)
    assert changes(report) == {"updated": 2, "unchanged": 39}
    assert report.still_terminated == ()
    assert "B0001" in active(store)
    assert "A0000" not in active(store)


def test_a_withdrawn_code_does_not_come_into_force_by_its_date(store: Store) -> None:
    load(store, "old.csv", [*numbered(40), hcpcs("C0001", effective_on=LATER)], has_dates=True)
    report = load(store, "new.csv", numbered(40), has_dates=True)
    assert changes(report) == {"unchanged": 40, "absent": 1}
    assert "C0001" not in active(store, LATER)


def test_terminated_codes_that_a_release_no_longer_lists_stay_terminated(store: Store) -> None:
    dated = [*numbered(2), *(replace(code, terminated_on=ENDED) for code in numbered(50, "B"))]
    load(store, "old.csv", dated, has_dates=True)
    report = load(store, "new.csv", numbered(2), has_dates=True)
    assert changes(report) == {"unchanged": 2}
    assert report.terminated == 50


def test_descriptor_files_of_one_kind_each_complete_one_another(store: Store) -> None:
    load(store, "short.txt", [Code("HCPCS", "A0001", short_descriptor="Drug shrt")])
    plain = load(store, "plain.txt", [Code("HCPCS", "A0001", plain_descriptor="A drug")])
    long = load(store, "long.txt", [Code("HCPCS", "A0001", long_descriptor="drug in full")])
    again = load(store, "short2.txt", [Code("HCPCS", "A0001", short_descriptor="Drug short")])
    assert [changes(report) for report in (plain, long, again)] == [
        {"changed": 1},
        {"changed": 1},
        {"updated": 1},
    ]
    code = active(store)["A0001"]
    assert (code.short_descriptor, code.plain_descriptor, code.long_descriptor) == (
        "Drug short",
        "A drug",
        "drug in full",
    )


def test_rows_that_are_no_codes_are_kept_with_file_row_and_rule(store: Store) -> None:
    skipped = RowIssue("a.zip!codes.csv", 3, "LT", "skipped", "modifier", "LT is a modifier")
    refused = RowIssue("a.zip!codes.csv", 7, "X1", "refused", "malformed_code", "X1 is no code")
    report = load(store, "a.zip", [skipped, hcpcs("A0001", row=5), refused, hcpcs("A0002")])
    assert (report.skipped, report.refused) == ({"modifier": 1}, {"malformed_code": 1})
    assert store.releases.issues(report.release_id) == [skipped, refused]


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


def test_loads_at_the_same_time_are_one_load(workers: Crew, database_url: str) -> None:
    Store.open(database_url).close()
    reports = workers.at_once(load_same, database_url)
    assert sorted(reports) == [
        (False, {"added": 1200}),
        *[(True, {"unchanged": 1200})] * (COUNT - 1),
    ]
    with Store.open(database_url) as store:
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
