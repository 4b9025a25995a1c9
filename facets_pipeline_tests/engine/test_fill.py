"""Filling: all of it, or as much as was asked for, and nothing lost when it breaks off."""

from collections.abc import Callable, Sequence
from datetime import date
from types import SimpleNamespace

import pytest

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Outcome, judge
from facets_pipeline.engine.fill import FillReport, fill
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord, first_word
from facets_pipeline_tests.engine.ledgers import MemoryLedger

ALL = Scope("HCPCS", date(2026, 3, 1))


def codes(count: int, text: str = "drug for a test") -> list[Code]:
    """Return that many codes."""
    return [Code("HCPCS", f"A{number:04d}", long_descriptor=text) for number in range(count)]


@pytest.fixture(autouse=True)
def small_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims of ten codes."""
    monkeypatch.setattr("facets_pipeline.engine.fill.CLAIM_SIZE", 10)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let something happen while filling waits, instead of waiting."""

    def happens(what: Callable[[], None]) -> None:
        waiting = SimpleNamespace(sleep=lambda _seconds: what())  # pyright: ignore[reportUnknownLambdaType]
        monkeypatch.setattr("facets_pipeline.engine.fill.time", waiting)

    return happens


def test_every_pending_code_is_asked_once_in_order() -> None:
    ledger, annotator = MemoryLedger(codes(35)), FirstWord()
    report = fill(ledger, annotator, ALL)
    assert (report.asked, report.answered, report.in_review, report.waited_for) == (35, 35, 0, 0)
    assert annotator.asked == [code.code for code in codes(35)]
    assert len(ledger.settled) == 35
    assert ledger.held == set()


def test_nothing_pending_asks_nothing() -> None:
    annotator = FirstWord()
    assert fill(MemoryLedger([]), annotator, ALL) == FillReport()
    assert annotator.asked == []


@pytest.mark.parametrize("limit", [1, 9, 10, 25, 35, 100])
def test_a_limit_is_kept_to_the_code(limit: int) -> None:
    ledger, annotator = MemoryLedger(codes(35)), FirstWord()
    report = fill(ledger, annotator, ALL, limit=limit)
    assert report.asked == len(annotator.asked) == min(limit, 35)
    assert ledger.held == set()


def test_what_breaks_a_rule_is_counted_and_settled_as_in_review() -> None:
    ledger = MemoryLedger([*codes(3), Code("HCPCS", "B0001", BREAKS_A_RULE)])
    report = fill(ledger, FirstWord(), ALL)
    assert (report.answered, report.in_review) == (3, 1)
    assert ledger.settled["B0001"].outcome is Outcome.IN_REVIEW


def test_figures_are_shown_after_every_claim() -> None:
    shown: list[int] = []
    fill(MemoryLedger(codes(25)), FirstWord(), ALL, progress=lambda r: shown.append(r.asked))
    assert shown == [10, 20, 25]


def test_an_annotator_that_fails_gives_its_claim_back_and_keeps_what_was_settled() -> None:
    ledger = MemoryLedger(codes(35))
    with pytest.raises(AnnotatorError, match="A0015"):
        fill(ledger, FirstWord(fails_on=["A0015"]), ALL)
    assert sorted(ledger.settled) == [code.code for code in codes(10)]
    assert ledger.held == set()
    assert ledger.released == ["AnnotatorError('A0015 cannot be answered.')"]
    again = FirstWord()
    assert fill(ledger, again, ALL).asked == 25


class LosesOne(FirstWord):
    """Returns one opinion too few."""

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Forget the last code."""
        return [first_word(code) for code in codes][:-1]


class Interrupts(FirstWord):
    """Is interrupted from the keyboard."""

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Never answer."""
        del codes
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("annotator", "error"), [(LosesOne(), ValueError), (Interrupts(), KeyboardInterrupt)]
)
def test_whatever_breaks_off_gives_the_claim_back(
    annotator: FirstWord, error: type[BaseException]
) -> None:
    ledger = MemoryLedger(codes(5))
    with pytest.raises(error):
        fill(ledger, annotator, ALL)
    assert (ledger.held, ledger.settled, len(ledger.released)) == (set(), {}, 1)


def test_a_ledger_that_cannot_record_gets_its_claim_back() -> None:
    ledger = MemoryLedger(codes(5), fails_to_settle=True)
    with pytest.raises(OSError, match="disk is full"):
        fill(ledger, FirstWord(), ALL)
    assert ledger.held == set()


def test_codes_that_another_process_holds_are_waited_for_not_asked(
    meanwhile: Callable[[Callable[[], None]], None],
) -> None:
    ledger, annotator = MemoryLedger(codes(12), held={"A0003", "A0007"}), FirstWord()

    def the_other_settles() -> None:
        for code in ledger.codes:
            ledger.settled.setdefault(code.code, judge(code, first_word(code)))

    meanwhile(the_other_settles)
    report = fill(ledger, annotator, ALL)
    assert (report.asked, report.waited_for) == (10, 2)
    assert not {"A0003", "A0007"} & set(annotator.asked)


def test_codes_that_another_process_gives_back_are_asked_after_all(
    meanwhile: Callable[[Callable[[], None]], None],
) -> None:
    ledger, annotator = MemoryLedger(codes(12), held={"A0003", "A0007"}), FirstWord()
    meanwhile(ledger.held.clear)
    assert fill(ledger, annotator, ALL).asked == 12
    assert annotator.asked[-2:] == ["A0003", "A0007"]


def test_a_limit_that_is_reached_waits_for_nobody() -> None:
    ledger = MemoryLedger(codes(12), held={"A0003"})
    assert fill(ledger, FirstWord(), ALL, limit=11).asked == 11
