"""Which rows become codes, which are skipped and which refused."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

import pytest

from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RawRow, RowIssue, parse_date, take_in

CPT = code_system("CPT")
HCPCS = code_system("HCPCS")


def row(code: str, text: str = "Blue widget", number: int = 2, **cells: str) -> RawRow:
    return RawRow(number, "list.csv", code, long=text, **cells)


def only_issue(*rows: RawRow, system: str = "HCPCS") -> RowIssue:
    issues = [
        result for result in take_in(rows, code_system(system)) if isinstance(result, RowIssue)
    ]
    assert len(issues) == 1
    return issues[0]


def test_a_code_is_stripped_and_upper_cased_and_its_texts_are_normalised() -> None:
    raw = RawRow(
        2,
        "list.csv",
        " e0100 ",
        "Wid-\u200bget",
        " Blue\u00a0 widget\t",
        "ﬁne",
        " Aids ",
        "20240101",
    )
    assert list(take_in([raw], HCPCS)) == [
        Code("HCPCS", "E0100", "Wid-get", "Blue widget", "fine", "Aids", date(2024, 1, 1))
    ]


@pytest.mark.parametrize("code", ["00100", "0E100", "1E5", "NA"])
def test_what_is_no_code_of_the_system_never_turns_into_another_code(code: str) -> None:
    results = list(take_in([row(code)], CPT))
    if code == "00100":
        assert results == [Code("CPT", "00100", long_descriptor="Blue widget")]
    else:
        assert isinstance(results[0], RowIssue)
        assert results[0].code == code


def test_a_letter_that_only_upper_cases_to_ascii_makes_no_code() -> None:
    assert "\N{LATIN SMALL LETTER DOTLESS I}0100".upper() == "I0100"
    assert only_issue(row("\N{LATIN SMALL LETTER DOTLESS I}0100")).rule == "malformed_code"


def test_a_modifier_is_skipped() -> None:
    issue = only_issue(row("A1"))
    assert (issue.kind, issue.rule) == ("skipped", "modifier")


def test_a_code_of_another_system_is_skipped_by_its_form_or_by_its_column() -> None:
    by_form = only_issue(row("99999"))
    by_column = only_issue(row("E0100", code_system="ICD-10-PCS"))
    for issue in (by_form, by_column):
        assert (issue.kind, issue.rule) == ("skipped", "other_code_system")
    assert "CPT" in by_form.message


@pytest.mark.parametrize("named", ["", "hcpcs", "HCPCS Level II", "HCPCS-2"])
def test_a_code_system_column_that_agrees_lets_the_row_pass(named: str) -> None:
    assert isinstance(next(take_in([row("E0100", code_system=named)], HCPCS)), Code)


def test_a_code_that_lost_its_zeros_is_refused_with_the_code_that_was_meant() -> None:
    issue = only_issue(row("100", number=7), system="CPT")
    assert (issue.kind, issue.rule, issue.row) == ("refused", "malformed_code", 7)
    assert "'00100'" in issue.message
    assert str(issue).startswith("Row 7 of 'list.csv': ")


@pytest.mark.parametrize("code", ["", "E010", "E01000", "Z0100", "99213-25", "99213.0"])
def test_a_malformed_code_is_refused(code: str) -> None:
    assert only_issue(row(code)).rule == "malformed_code"


def test_the_first_of_two_rows_with_a_code_wins_and_the_second_says_why_it_does_not() -> None:
    rows = [row("E0100", "Blue widget", 2), row("E0100", "Red widget", 9)]
    first, second = take_in(rows, HCPCS)
    assert isinstance(first, Code)
    assert isinstance(second, RowIssue)
    assert first.long_descriptor == "Blue widget"
    assert (second.kind, second.rule) == ("refused", "duplicate_conflict")
    assert "row 2" in second.message


def test_an_exact_duplicate_is_skipped_even_if_it_is_spaced_differently() -> None:
    issue = only_issue(row("E0100", "Blue widget", 2), row("e0100", " Blue  widget", 3))
    assert (issue.kind, issue.rule) == ("skipped", "duplicate")


def test_a_code_without_any_descriptor_is_refused_unless_the_list_may_lack_them() -> None:
    assert only_issue(row("E0100", " \u200b ")).rule == "empty_descriptor"
    kept = list(take_in([row("E0100", "")], HCPCS, allow_empty=True))
    assert kept == [Code("HCPCS", "E0100")]


def test_a_bad_date_is_refused_with_its_text() -> None:
    issue = only_issue(row("E0100", terminated_on="31.12.2025"))
    assert (issue.kind, issue.rule) == ("refused", "bad_date")
    assert "'31.12.2025'" in issue.message


def test_terminated_and_future_codes_are_kept_with_their_dates() -> None:
    raw = row("E0100", effective_on="2099-01-01", terminated_on="20200101")
    (code,) = take_in([raw], HCPCS)
    assert isinstance(code, Code)
    assert (code.effective_on, code.terminated_on) == (date(2099, 1, 1), date(2020, 1, 1))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20260131", date(2026, 1, 31)),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026/1/31", date(2026, 1, 31)),
        (" 1/31/2026 ", date(2026, 1, 31)),
        ("2026-01-31T00:00:00Z", date(2026, 1, 31)),
        ("1/31/2026 12:00:00 AM", date(2026, 1, 31)),
        ("", None),
        ("0", None),
        ("00000000", None),
        ("99991231", None),
        ("12/31/9999", None),
    ],
)
def test_dates_are_read_as_the_sources_write_them(text: str, day: date | None) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["2026", "20261301", "31/01/2026", "1/31/26", "soon"])
def test_what_is_no_date_raises(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(text)


def test_issues_of_the_reader_pass_through_in_their_place() -> None:
    issue = RowIssue("list.csv", 3, "", "refused", "truncated_row", "It was cut off.")
    results = list(take_in([row("E0100"), issue, row("E0105")], HCPCS))
    assert results[1] is issue


def test_rows_are_taken_in_one_by_one() -> None:
    def endless() -> Iterator[RawRow]:
        number = 0
        while True:
            number += 1
            yield row(f"E{number:04d}", number=number)

    assert len(list(islice(take_in(endless(), HCPCS), 50))) == 50


def test_an_issue_keeps_of_a_cell_that_is_no_code_what_can_be_shown_and_stored() -> None:
    issue = only_issue(row("E01\x0000" + "x" * 70_000))
    assert issue.code == "E0100" + "x" * 34
    assert issue.message.startswith(r"'E01\x0000")
    assert len(issue.message) < 200
    assert len(only_issue(row("E0100", effective_on="2" * 70_000)).message) < 300
