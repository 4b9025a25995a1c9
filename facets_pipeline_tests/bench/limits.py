"""Measures of the throttle: one process, several on one limit, and a limit that changes."""

import time
from dataclasses import dataclass
from typing import Final

from facets_pipeline_tests.bench.lines import Line, all_of, at_least, at_most, fact, near_ideal
from facets_pipeline_tests.bench.stage import Filled, Stage, bound_seconds
from facets_pipeline_tests.claude_server import RunningServer

RPM: Final = 1_200.0
LOW_RPM: Final = 300.0
LATENCY: Final = 0.05
CODES: Final = 1_000

BEFORE_SECONDS: Final = 20.0
LOW_SECONDS: Final = 75.0
AFTER_SECONDS: Final = 22.0
SETTLED_SECONDS: Final = 60.0
WINDOW_SECONDS: Final = 10.0

SHARED_SHARE: Final = 0.5
"""Share of an equal part that each process must at least have done: the work is shared."""


def one_process(stage: Stage) -> list[Line]:
    """One process, one code per request, against a limit that it does not know."""
    codes = stage.count(CODES)
    with stage.server(rpm=RPM, latency_seconds=LATENCY) as server:
        run = stage.fill(codes, server, codes_per_request=1)
    return [
        near_ideal(f"1 process, {RPM:,.0f} RPM, {codes:,} codes", run.seconds, _ideal(codes), 1.05),
        at_most("  429s after the limits were learnt", run.refused_after_learning(), 0, "{:.0f}"),
        all_of("  codes answered", run.answered, codes),
        fact("  start-up, before the first request", f"{run.start_up_seconds:.1f} s"),
        *_moments(run),
    ]


def several_processes(stage: Stage, processes: int) -> list[Line]:
    """Some processes, started together over the same codes, on each store in turn."""
    codes = stage.count(CODES)
    lines: list[Line] = []
    for store in stage.stores:
        with stage.server(rpm=RPM, latency_seconds=LATENCY) as server:
            run = stage.fill(codes, server, codes_per_request=1, processes=processes, store=store)
        name = f"{processes} processes, {store}, {codes:,} codes"
        lines += [
            near_ideal(name, run.seconds, _ideal(codes), 1.06),
            at_most("  share of 429s", _share_refused(run), 1.0, "{:.2f} %"),
            all_of("  codes answered", run.answered, codes),
            all_of("  codes paid for twice", run.asked_twice, 0),
            _share(run),
            *_moments(run),
        ]
    return lines


def two_processes(stage: Stage) -> list[Line]:
    """Two processes on one limit."""
    return several_processes(stage, 2)


def four_processes(stage: Stage) -> list[Line]:
    """Four processes on one limit."""
    return several_processes(stage, 4)


@dataclass(slots=True)
class Changes:
    """Lets the limit fall and rise again while the run goes on, and notes when."""

    before: float
    low: float
    fell_at: float = 0.0
    rose_at: float = 0.0

    def __call__(self, server: RunningServer) -> None:
        """Change the limits in time, from the first request on."""
        while not server.admin.account()["requests"]:
            time.sleep(0.1)
        time.sleep(self.before)
        server.admin.change_limits(rpm=LOW_RPM)
        self.fell_at = time.time()
        time.sleep(self.low)
        server.admin.change_limits(rpm=RPM)
        self.rose_at = time.time()


def falling_limit(stage: Stage) -> list[Line]:
    """The limit falls to a quarter in mid-run, and later rises again."""
    before, low, after = (
        seconds * min(1.0, stage.scale) for seconds in (BEFORE_SECONDS, LOW_SECONDS, AFTER_SECONDS)
    )
    codes = min(len(stage.set.codes), round((before + after) * RPM / 60 + low * LOW_RPM / 60))
    changes = Changes(before, low)
    with stage.server(rpm=RPM, latency_seconds=LATENCY) as server:
        run = stage.fill(codes, server, codes_per_request=1, during=changes)
    # A run at reduced scale has no whole minute at the low limit.
    soon = min(SETTLED_SECONDS, 0.8 * low)
    settled = settled_after(run, changes)
    low_rate = rate(run, changes.fell_at + settled, changes.rose_at)
    best = best_rate(run, changes.rose_at)
    return [
        all_of(f"{RPM:,.0f} -> {LOW_RPM:,.0f} -> {RPM:,.0f} RPM: answered", run.answered, codes),
        at_most("  share of 429s", _share_refused(run), 5.0, "{:.2f} %"),
        at_most("  settled: last 429 after the fall", settled, soon, "{:.1f} s"),
        at_least("  calls a minute from then until the rise", low_rate, 0.9 * LOW_RPM, "{:,.0f}"),
        at_least("  calls a minute reached after the rise", best, 0.9 * RPM, "{:,.0f}"),
    ]


def _ideal(requests: int) -> float:
    return bound_seconds(requests, RPM)


def _share_refused(run: Filled) -> float:
    return 100 * len(run.refused()) / len(run.calls)


def _share(run: Filled) -> Line:
    done = sorted(worker["answered"] for worker in run.workers)
    least = SHARED_SHARE * run.codes / len(done)
    counts = "/".join(str(count) for count in done)
    return Line("  codes of each process", counts, f"each >= {least:.0f}", ok=done[0] >= least)


def _moments(run: Filled) -> list[Line]:
    """Return the line that says when calls were turned away, if any were: each costs a pause."""
    first = run.calls[0]["received_at"]
    moments = [f"{at - first:.0f}" for at in run.refused()]
    more = "" if len(moments) <= 3 else f" +{len(moments) - 3}"
    return [fact("  429s at seconds", " ".join(moments[:3]) + more)] if moments else []


def settled_after(run: Filled, changes: Changes) -> float:
    """Return the seconds from the fall to the last refusal before the rise."""
    refused = [at for at in run.refused() if changes.fell_at <= at < changes.rose_at]
    return max(refused, default=changes.fell_at) - changes.fell_at


def rate(run: Filled, start: float, end: float) -> float:
    """Return the calls a minute that were let in between two moments."""
    count = sum(call["status"] == 200 and start <= call["received_at"] < end for call in run.calls)
    return 60 * count / max(end - start, 1e-9)


def best_rate(run: Filled, since: float) -> float:
    """Return the most calls a minute over a window after a moment."""
    starts = [call["received_at"] for call in run.calls if call["received_at"] >= since]
    last = run.calls[-1]["received_at"]
    window = min(WINDOW_SECONDS, (last - since) / 2)
    return max(
        (rate(run, start, start + window) for start in starts if start + window <= last),
        default=0.0,
    )
