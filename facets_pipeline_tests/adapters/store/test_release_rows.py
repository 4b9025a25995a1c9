"""The rows of a release: what their dates and texts mean for what is known of a code."""

from dataclasses import replace
from datetime import date

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline_tests.adapters.store.contents import (
    DAY,
    active,
    changes,
    hcpcs,
    load,
    numbered,
)

ENDED = date(2025, 12, 31)
LATER = date(2026, 7, 1)


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
