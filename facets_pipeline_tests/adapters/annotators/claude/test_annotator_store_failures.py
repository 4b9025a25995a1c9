"""A store that fails in mid-run: one clear error, nothing lost, and running again ends it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.paid_ledger import StorePaidLedger
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.engine import one_call
from facets_pipeline_tests.adapters.annotators.claude.children import until
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    check_exact,
    fill_from,
    fill_store,
    outcomes_of,
    states_of,
    with_codes,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer

COUNT = 60
NAMES = [f"A{number:04d}" for number in range(COUNT)]
CUT_OFF = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def check_complete(store: Store, server: RunningServer) -> int:
    """Check that all is answered and the sums are right; return the calls that were lost."""
    found = outcomes_of(store)
    assert (found.answered, found.open_items) == (NAMES, 0)
    return check_exact(store, server)


@pytest.mark.postgres
def test_connections_that_the_database_cuts_lose_no_paid_answer(
    postgres_url: str, server: RunningServer
) -> None:
    with Store.open(postgres_url) as store:
        with_codes(store, COUNT, server.admin)
        server.admin.plan(Fault("slow", seconds=0.1))
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(fill_from, postgres_url, server.base_url, codes_per_request=2)
            for answered in (2, 6, 12):
                until(lambda least=answered: run.done() or states_of(store)["answered"] >= least)
                with store.database.write() as connection:
                    connection.execute(CUT_OFF)
            failure = run.exception()
        assert failure is None or isinstance(failure, StoreError), failure
        server.admin.clear_faults()
        fill_store(store, server.base_url)
        assert check_complete(store, server) == 0
    assert server.admin.account()["paid_more_than_once"] == 0


def test_a_full_disk_ends_the_run_with_a_sentence_and_room_lets_it_go_on(
    store: Store, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_call, "RECORD_AGAIN_SECONDS", (0.01, 0.01))
    with_codes(store, COUNT, server.admin)
    fill_store(store, server.base_url, limit=5)
    with store.database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 3}")
    with pytest.raises(StoreError, match="the disk is full; make room, then run"):
        fill_store(store, server.base_url)
    with store.database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    sent = states_of(store)["sent"]
    fill_store(store, server.base_url)
    found = outcomes_of(store)
    assert (found.answered, found.open_items) == (NAMES, 0)
    assert check_exact(store, server, with_dead=True) <= sent


@pytest.mark.parametrize("written", [True, False], ids=["after the commit", "before the commit"])
def test_a_reply_whose_recording_failed_is_recorded_once(
    store: Store, server: RunningServer, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    with_codes(store, COUNT, server.admin)
    real, failed = StorePaidLedger.record, set[str]()

    async def fails_once(ledger: StorePaidLedger, *arguments: Any) -> int | None:  # noqa: ANN401
        first = arguments[0].call_id not in failed
        failed.add(arguments[0].call_id)
        if first and not written:
            raise StoreError("The connection was lost.")
        cost = await real(ledger, *arguments)
        if first:
            raise StoreError("The connection was lost.")
        return cost

    monkeypatch.setattr(StorePaidLedger, "record", fails_once)
    monkeypatch.setattr(one_call, "RECORD_AGAIN_SECONDS", (0.01,))
    assert fill_store(store, server.base_url).calls == COUNT // 5
    assert check_complete(store, server) == 0


def test_a_reply_with_a_senseless_count_is_kept_and_its_worst_case_stays_counted(
    store: Store, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_codes(store, 5, server.admin)
    real = StorePaidLedger.record

    async def spoilt(ledger: StorePaidLedger, ask: Any, terms: Any, reply: Any) -> int | None:  # noqa: ANN401
        reply.usage["output_tokens"] = -1
        return await real(ledger, ask, terms, reply)

    monkeypatch.setattr(StorePaidLedger, "record", spoilt)
    report = fill_store(store, server.base_url, budget_usd=1.0)
    assert (report.answered, report.cost_nano_usd) == (5, None)
    with store.database.read() as connection:
        row = connection.execute(sa.text("SELECT * FROM call")).one()
        kept = connection.execute(sa.text("SELECT settled_nano_usd FROM budget")).scalars().all()
    assert (row.state, row.cost_nano_usd, row.raw_body is not None) == ("answered", None, True)
    assert kept == [row.reserved_nano_usd] * 2
