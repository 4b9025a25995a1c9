"""Batches from submission to outcome: prices, limits, budgets, repairs, cancellation."""

from functools import partial

import pytest

from facets_pipeline.adapters.annotators.claude.batching import (
    cancel_batch,
    list_batches,
    submit_batches,
    wait_for_batches,
)
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import BudgetError, InputError
from facets_pipeline.domain.money import NANO
from facets_pipeline.engine import batch_submission
from facets_pipeline.engine.batch_values import BatchSize, BatchState
from facets_pipeline.engine.batches import BatchReport
from facets_pipeline.engine.calls import Stop
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import (
    Bench,
    fill_store,
    options,
    put_back,
)
from facets_pipeline_tests.adapters.store.contents import ALL
from facets_pipeline_tests.claude_server import Fault, RunningServer


@pytest.fixture
def bench(any_store: Store, server: RunningServer) -> Bench:
    """Eleven pending codes on both stores, and a server that ends batches at once."""
    put_back(server)
    fill_store(any_store, server, 11)
    return Bench(any_store, server)


def test_a_batch_answers_all_codes_at_half_price_and_the_sums_are_exact(bench: Bench) -> None:
    sent = bench.submit()
    assert (sent.requests, sent.codes, len(sent.batches)) == (5, 10, 1)
    report = bench.poll()
    assert (report.ingested, report.fill.answered, report.returned) == (1, 10, 0)
    assert set(bench.outcomes().values()) == {"answered"}
    assert bench.pending() == 0
    bench.check_exact()
    usages = [row["cost_usd"] for row in bench.server.admin.requests("batch_item")]
    assert report.fill.cost_nano_usd == sum(float(usd) * NANO for usd in usages)
    assert bench.poll().ingested == 0


def test_one_code_is_asked_by_a_message_before_the_first_batch_of_a_recipe(lite: Bench) -> None:
    lite.submit(limit=4)
    lite.submit(limit=4)
    assert len(lite.server.admin.requests("messages")) == 1
    assert len(lite.server.admin.requests("batch_item")) == 4
    lite.poll()
    lite.check_exact()


def test_a_parameter_that_the_api_refuses_ends_the_run_before_a_batch(lite: Bench) -> None:
    lite.server.admin.plan(Fault("spend_limit", endpoint="messages", count=1))
    with pytest.raises(Stop):
        lite.submit()
    assert list_batches(lite.store) == []
    assert (lite.pending(), lite.held(), lite.today().reserved) == (11, 0, 0)


def test_a_limit_of_codes_is_kept_to_the_code(lite: Bench) -> None:
    lite.submit(limit=1)
    assert lite.submit(limit=5).codes == 5
    lite.poll()
    assert len(lite.outcomes()) == 7


def test_what_is_too_much_for_one_batch_is_sent_in_several(
    lite: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_submission, "BatchSize", partial(BatchSize, requests=2))
    assert len(lite.submit().batches) == 3
    assert [one.requests for one in list_batches(lite.store)] == [2, 2, 1]
    assert lite.poll().ingested == 3
    lite.check_exact()


def test_a_batch_is_no_larger_than_its_bytes(lite: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    request = 25_000
    monkeypatch.setattr(batch_submission, "BatchSize", partial(BatchSize, bytes=2 * request))
    sent = lite.submit()
    assert len(sent.batches) > 1
    assert sent.codes == 10


def test_a_batch_in_progress_holds_its_codes(slow: Bench) -> None:
    slow.submit()
    report = slow.poll(settle_seconds=0)
    assert [one.state for one in report.waiting] == [BatchState.SUBMITTED]
    assert (slow.held(), slow.submit().batches) == (10, [])
    slow.server.admin.advance(3600)
    assert slow.poll().fill.answered == 10
    slow.check_exact()


def test_waiting_ends_with_the_last_batch(slow: Bench) -> None:
    slow.submit()
    ages: list[float] = []

    def progress(report: BatchReport) -> None:
        ages.extend(one.age_seconds for one in report.waiting)
        slow.server.admin.advance(3600)

    report = wait_for_batches(slow.annotator, slow.store, look_seconds=0.01, progress=progress)
    assert report.fill.answered == 10
    assert len(ages) == 1


def test_a_bad_answer_is_paid_and_its_code_is_asked_alone_with_the_problem(bench: Bench) -> None:
    bench.server.admin.plan(Fault("wrong_code", endpoint="batch_item", count=1))
    bench.submit()
    report = bench.poll()
    assert (report.fill.calls, report.fill.answered, bench.held()) == (5, 8, 0)
    assert report.returned == bench.pending() == 2
    again = bench.submit()
    assert (again.requests, again.codes) == (2, 2)
    report = bench.poll()
    assert (report.fill.answered, report.fill.repaired) == (2, 2)
    assert bench.ledger_nano() == bench.server_nano()


def test_a_code_whose_answers_never_stand_goes_to_review(lite: Bench) -> None:
    lite.server.admin.plan(Fault("refused", codes=("A0007",)))
    for _ in range(3):
        lite.submit(codes_per_request=1)
        lite.poll()
    outcomes = lite.outcomes()
    assert [code for code, status in outcomes.items() if status == "in_review"] == ["A0007"]
    assert (len(outcomes), lite.pending(), lite.submit().batches) == (11, 0, [])
    assert lite.ledger_nano() == lite.server_nano()


@pytest.mark.parametrize("kind", ["item_errored", "item_expired", "item_canceled"])
def test_requests_that_were_not_answered_cost_nothing_and_are_asked_again(
    lite: Bench, kind: str
) -> None:
    lite.server.admin.plan(Fault(kind, count=2))
    lite.submit()
    report = lite.poll()
    assert (report.fill.answered, report.returned, sum(report.unpaid.values())) == (6, 4, 4)
    assert lite.calls() == {"answered": 3, "refused": 2}
    lite.check_exact()
    lite.submit()
    assert lite.poll().fill.answered == 4
    lite.check_exact()


def test_the_worst_case_is_reserved_at_submission_and_settled_by_the_results(slow: Bench) -> None:
    slow.submit()
    first = slow.today()
    assert first.reserved > 0
    slow.server.admin.advance(3600)
    slow.poll()
    assert slow.today().reserved == 0
    assert first.settled < slow.today().settled <= first.settled + first.reserved


def test_a_budget_lets_through_what_fits_and_says_what_is_left(slow: Bench) -> None:
    slow.submit(limit=2)
    each = slow.today().reserved
    taken = slow.today().settled + each
    budget = (taken + 2.5 * each) / NANO
    sent = slow.submit(budget_usd_per_day=budget)
    assert sent.requests == 2
    assert "budget" in sent.left_because
    spent = slow.today()
    assert spent.settled + spent.reserved <= budget * NANO
    with pytest.raises(BudgetError):
        slow.submit(budget_usd_per_day=budget)
    assert slow.today() == spent


def test_a_cancelled_batch_pays_for_what_was_answered_and_gives_back_the_rest(slow: Bench) -> None:
    slow.submit()
    slow.server.admin.advance(1800)
    report = cancel_batch(slow.annotator, slow.store, list_batches(slow.store)[0].batch_id[:8])
    assert (report.ingested, report.fill.answered, report.returned) == (1, 4, 6)
    assert slow.pending() == 6
    slow.check_exact()


def test_a_batch_that_does_not_exist_cannot_be_cancelled(lite: Bench) -> None:
    with pytest.raises(InputError, match="nothing-like-it"):
        cancel_batch(lite.annotator, lite.store, "nothing-like-it")


def test_codes_are_sent_once_by_two_submissions_in_a_row(slow: Bench) -> None:
    first = submit_batches(slow.annotator, slow.store, ALL, options(), limit=6)
    second = slow.submit()
    assert (first.codes, second.codes) == (6, 4)
    slow.server.admin.advance(3600)
    slow.poll()
    slow.check_exact()
