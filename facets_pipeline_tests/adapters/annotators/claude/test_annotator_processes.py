"""Several processes over the same codes, with and without one of them dying."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.annotators.claude import children
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    check_exact,
    fill_from,
    in_order,
    outcomes_of,
    with_codes,
)
from facets_pipeline_tests.claude_server import Fault, RunningServer

COUNT = 60
NAMES = [f"A{number:04d}" for number in range(COUNT)]


def owners(store: Store) -> set[str]:
    """Return who made the calls that were answered."""
    with store.database.read() as connection:
        query = sa.select(call.c.owner).where(call.c.state == "answered").distinct()
        return set(connection.execute(query).scalars())


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_the_work_and_ask_no_code_twice(
    empty_url: str, server: RunningServer, processes: int
) -> None:
    with Store.open(empty_url) as store:
        with_codes(store, COUNT, server.admin)
        # Slow enough that the first to come does not finish before the last has started.
        server.admin.plan(Fault("slow", seconds=0.25))
        crew = [
            children.start(empty_url, server.base_url, codes_per_request=2, cap_rpm=600)
            for _ in range(processes)
        ]
        for child in crew:
            child.join(children.NEVER_SECONDS)
        assert [child.exitcode for child in crew] == [0] * processes
        found = outcomes_of(store)
        assert (found.answered, found.open_items) == (NAMES, 0)
        assert len(owners(store)) == processes
        assert check_exact(store, server) == 0
    assert server.admin.account()["paid_more_than_once"] == 0


def test_what_a_dead_process_of_another_host_holds_is_free_when_its_lease_ends(
    empty_url: str, server: RunningServer
) -> None:
    with Store.open(empty_url) as store:
        with_codes(store, 10, server.admin)
        children.killed_at("send", "before", 1, empty_url, server.base_url)
        with store.database.write() as connection:
            elsewhere = {"owner": "another-host:1:1:token"}
            connection.execute(sa.update(call).values(elsewhere))
        fill_from(empty_url, server.base_url, limit=5)
        assert outcomes_of(store).answered == sorted(in_order(10)[5:]), "the rest goes on"
        with store.database.write() as connection:
            lapsed = store.database.now(connection) - timedelta(seconds=1)
            held = sa.update(call).where(call.c.state == "claimed")
            connection.execute(held.values(lease_until=lapsed))
        fill_from(empty_url, server.base_url)
        assert outcomes_of(store).answered == NAMES[:10]
        check_exact(store, server)
