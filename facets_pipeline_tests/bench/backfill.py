"""A backfill of all HCPCS partitions by Dagster's own daemon, from the click to the report.

What is measured is what a person waits for: the daemon's ticks, launching a process for each
partition, the work itself, and what follows by itself. Then the same click again, which must find
nothing to pay.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.flat_table import NAME as FLAT_TABLE
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline_tests.bench.codes import SYSTEM, WANTED
from facets_pipeline_tests.bench.lines import Line, all_of, at_most, fact
from facets_pipeline_tests.bench.processes import BenchError, run_measured
from facets_pipeline_tests.bench.stage import Stage
from facets_pipeline_tests.bench.volume import FACETS, LATENCY
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, OverdueError, running_dagster
from facets_pipeline_tests.daemon.dagster_page import FINISHED_RUNS

GREEN_SECONDS: Final = 240.0
"""From the click until every partition is green."""

FOLLOWED_SECONDS: Final = 120.0
"""From then until the flat table and the report show it."""

LONGEST_SECONDS: Final = 1_200.0
FAILURE_WORDS: Final = ("RUN_FAILURE -", "timed out", "is locked", "dead processes:", "rror:")
FINISHED: Final = sa.text(f"SELECT count(*) FROM {FLAT_TABLE} WHERE status <> 'pending'")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the time of a backfill went, in seconds from the click.

    Attributes:
        submitted: Until every run stood in the queue.
        first_started: Until the first run was at work.
        last_started: Until the last one was.
        green: Until the last one had ended.
        work: What all runs took from start to end, added up.
    """

    submitted: float
    first_started: float
    last_started: float
    green: float
    work: float


def parts_of(runs: Sequence[Mapping[str, Any]], clicked: float) -> Parts:
    """Return where the time of a backfill went whose runs have ended, from their moments."""
    return Parts(
        submitted=max(run["creationTime"] for run in runs) - clicked,
        first_started=min(run["startTime"] for run in runs) - clicked,
        last_started=max(run["startTime"] for run in runs) - clicked,
        green=max(run["endTime"] for run in runs) - clicked,
        work=sum(run["endTime"] - run["startTime"] for run in runs),
    )


def backfill(stage: Stage) -> list[Line]:
    """The whole release as a backfill of its 32 partitions, on each store, twice."""
    return [line for kind in stage.stores for line in _on(stage, kind)]


def _on(stage: Stage, kind: str) -> list[Line]:
    codes = stage.count(WANTED)
    with ExitStack() as exits:
        url = exits.enter_context(stage.store_url(kind))
        folder = exits.enter_context(stage.folder())
        server = exits.enter_context(stage.server(latency_seconds=LATENCY))
        variables = {
            **server.environment,
            "FACETS_DATABASE_URL": url,
            "FACETS_BUDGET_USD_PER_DAY": "1000",
        }
        source = folder / "codes.csv"
        stage.set.write_source(source, codes)
        load = [str(FACETS), "load", str(source), "--code-system", SYSTEM.name]
        run_measured(load, folder, variables)
        store = exits.enter_context(Store.open(url))
        try:
            dagster = exits.enter_context(running_dagster(folder, variables))
            first, followed = _backfilled(dagster, store, codes)
            paid = len(server.admin.account()["paid_codes"])
            server.admin.forget()
            again, _ = _backfilled(dagster, store, codes)
        except OverdueError as error:
            raise BenchError(f"backfill on {kind}: {error}") from error
        paid_again = server.admin.account()["paid_calls"]
        locked = dagster.log.read_text(errors="replace").count("database is locked")
    return [
        at_most(
            f"{codes:,} codes, backfill on {kind}: to green", first.green, GREEN_SECONDS, "{:.0f} s"
        ),
        fact("  from the click: all runs in the queue", f"{first.submitted:.0f} s"),
        fact("  first run at work", f"{first.first_started:.0f} s"),
        fact("  last run at work", f"{first.last_started:.0f} s"),
        fact("  work of all runs, added up", f"{first.work:.0f} s"),
        at_most("  flat table and report after green", followed, FOLLOWED_SECONDS, "{:.0f} s"),
        all_of("  codes paid for", paid, codes),
        fact("  the same click again: to green", f"{again.green:.0f} s"),
        all_of("  calls paid by it", paid_again, 0),
        all_of("  'database is locked' in the log", locked, 0),
    ]


def _backfilled(dagster: DagsterDev, store: Store, codes: int) -> tuple[Parts, float]:
    """Backfill all partitions; return where the time went, and what followed how much later."""
    clicked = time.time()
    backfill_id = dagster.backfill("llm_facets", [f"{SYSTEM.name}|{chunk}" for chunk in CHUNKS])
    tag = [{"key": "dagster/backfill", "value": backfill_id}]

    def ended() -> bool:
        runs = dagster.runs(tags=tag)
        return len(runs) >= len(CHUNKS) and all(run["status"] in FINISHED_RUNS for run in runs)

    dagster.wait_until(ended, seconds=LONGEST_SECONDS, what="the end of the backfill's runs")
    runs = dagster.runs(tags=tag)
    failed = [run["runId"] for run in runs if run["status"] != "SUCCESS"]
    if failed:
        raise BenchError(f"{len(failed)} of {len(runs)} runs failed: {_reasons(dagster)}")
    parts = parts_of(runs, clicked)
    green_at = clicked + parts.green
    report = dagster.folder / ".facets" / "reports" / "coverage_report.html"

    def followed() -> bool:
        return _shown(store) == codes and report.exists() and report.stat().st_mtime > green_at

    dagster.wait_until(followed, seconds=LONGEST_SECONDS, what="the flat table and the report")
    return parts, report.stat().st_mtime - green_at


def _reasons(dagster: DagsterDev) -> str:
    """Return what the log says of failures."""
    lines = dagster.log.read_text(errors="replace").splitlines()
    told = [line for line in lines if any(word in line for word in FAILURE_WORDS)]
    return " / ".join(line[-200:] for line in told[:5])


def _shown(store: Store) -> int:
    """Return how many codes the flat table shows with an outcome."""
    with store.database.read() as connection:
        if not sa.inspect(connection).has_table(FLAT_TABLE):
            return 0
        return int(connection.execute(FINISHED).scalar_one())
