"""Measures of whole releases: without a limit, at a new account's limits, and at the old ones."""

import sys
from pathlib import Path
from typing import Final

from facets_pipeline_tests.bench.codes import SYSTEM, WANTED
from facets_pipeline_tests.bench.lines import Line, all_of, at_most, fact, near_ideal
from facets_pipeline_tests.bench.processes import BenchError, Finished, run_measured
from facets_pipeline_tests.bench.stage import Filled, Stage, bound_seconds

LATENCY: Final = 0.05
FIRST_SECONDS: Final = 0.6
TOKEN_SECONDS: Final = 0.012
"""How long an answer takes: until it begins, and per output token."""

MOST_MB: Final = 250.0
WHOLE_RELEASE_SECONDS: Final = 20.0

FASTER: Final = 20.0
"""How many times faster the original's world runs here: limits times it, latencies through it."""

FACETS: Final = Path(sys.executable).with_name("facets")


def unlimited(stage: Stage) -> list[Line]:
    """A whole release without a limit: what the pipeline itself costs in time and memory."""
    run = unlimited_run(stage)
    most = WHOLE_RELEASE_SECONDS * min(1.0, stage.scale)
    return [
        at_most(
            f"{run.codes:,} codes, no limit: until all are settled",
            run.workers[0]["seconds"], most, "{:.1f} s",
        ),
        all_of("  codes answered", run.answered, run.codes),
        at_most("  memory of the process", run.peak_mb, MOST_MB, "{:.0f} MB"),
    ]  # fmt: skip


def unlimited_run(stage: Stage) -> Filled:
    """Return the run without a limit; its tokens are used by other measures."""

    def make() -> Filled:
        with stage.server(latency_seconds=LATENCY) as server:
            return stage.fill(stage.count(WANTED), server)

    return stage.once("unlimited", make)


def new_account(stage: Stage) -> list[Line]:
    """A whole release at a new account's limits."""
    rpm, itpm, otpm = 1_000.0, 2_000_000.0, 400_000.0
    with stage.server(
        rpm=rpm, itpm=itpm, otpm=otpm,
        latency_seconds=FIRST_SECONDS, seconds_per_token=TOKEN_SECONDS,
    ) as server:  # fmt: skip
        run = stage.fill(stage.count(WANTED), server)
    answer = FIRST_SECONDS + TOKEN_SECONDS * run.mean_output
    bound, name = _bound(run, rpm, itpm, otpm)
    return [
        near_ideal(f"{run.codes:,} codes, new account ({name})", run.seconds, bound, 1.15,
                   extra=answer),
        all_of("  codes answered", run.answered, run.codes),
        fact("  429s", f"{len(run.refused()):,}"),
    ]  # fmt: skip


def original_world(stage: Stage) -> list[Line]:
    """A whole release at the limits of the original's account, in a world that runs faster."""
    run = original_world_run(stage)
    bound, name = _original_bound(run)
    return [
        near_ideal(f"{run.codes:,} codes, 50 RPM/50k/10k ({name})", run.seconds, bound, 1.05,
                   times=FASTER),
        all_of("  codes answered", run.answered, run.codes),
        fact("  429s", f"{len(run.refused()):,}"),
        fact(f"  in fact it ran {FASTER:.0f} times faster, for", f"{run.seconds:.1f} s"),
    ]  # fmt: skip


def original_world_run(stage: Stage) -> Filled:
    """Return the run in the original's world; the sequential loop is compared with it."""

    def make() -> Filled:
        with stage.server(
            rpm=50 * FASTER, itpm=50_000 * FASTER, otpm=10_000 * FASTER,
            latency_seconds=FIRST_SECONDS / FASTER, seconds_per_token=TOKEN_SECONDS / FASTER,
        ) as server:  # fmt: skip
            return stage.fill(stage.count(WANTED), server)

    return stage.once("original world", make)


def command_line_claude(stage: Stage) -> list[Line]:
    """`facets generate --annotator claude` as a user runs it, from the command to the report."""
    codes = stage.count(WANTED)
    with stage.folder() as folder, stage.server(latency_seconds=LATENCY) as server:
        # The budget is out of the way; the reservations of 200 calls would meet the usual one.
        variables = {**server.environment, "FACETS_BUDGET_USD_PER_DAY": "1000"}
        _load(stage, folder, codes, variables)
        done = _facets(folder, variables, "generate", "--annotator", "claude", "--yes")
        paid = len(server.admin.account()["paid_codes"])
        report = folder / ".facets" / "reports" / "coverage_report.html"
        if not report.exists():
            raise BenchError(f"No report was made at {report.name!r}.")
    most = 1.1 * WHOLE_RELEASE_SECONDS * max(stage.scale, 0.2)
    return [
        at_most(f"{codes:,} codes, no limit: command to report", done.seconds, most, "{:.1f} s"),
        all_of("  codes paid for", paid, codes),
        at_most("  memory of the largest process", done.peak_mb, MOST_MB, "{:.0f} MB"),
    ]


def rules(stage: Stage) -> list[Line]:
    """The same release by the embedded rules, by the command line: load, generate, again."""
    codes = stage.count(WANTED)
    command = ("generate", "--annotator", "rules", "--yes")
    with stage.folder() as folder:
        load = _load(stage, folder, codes, {})
        first = _facets(folder, {}, *command)
        second = _facets(folder, {}, *command)
    return [
        fact(f"rules, {codes:,} codes: load", f"{load.seconds:.1f} s"),
        fact("  generate, from command to report", f"{first.seconds:.1f} s"),
        fact("  generate again, nothing pending", f"{second.seconds:.1f} s"),
        fact("  memory of the largest process", f"{max(load.peak_mb, first.peak_mb):.0f} MB"),
    ]


def _load(stage: Stage, folder: Path, codes: int, variables: dict[str, str]) -> Finished:
    source = folder / "codes.csv"
    stage.set.write_source(source, codes)
    return _facets(folder, variables, "load", str(source), "--code-system", SYSTEM.name)


def _facets(folder: Path, variables: dict[str, str], *arguments: str) -> Finished:
    return run_measured([str(FACETS), *arguments], folder, variables)


def _bound(run: Filled, rpm: float, itpm: float, otpm: float) -> tuple[float, str]:
    """Return the largest of the bounds by the limits, for what the server counted; and its name."""
    bounds = {
        "requests bind": bound_seconds(len(run.calls) - len(run.refused()), rpm),
        "input binds": bound_seconds(run.limited_input, itpm),
        "output binds": bound_seconds(run.usage["output"], otpm),
    }
    name = max(bounds, key=lambda each: bounds[each])
    return bounds[name], name


def _original_bound(run: Filled) -> tuple[float, str]:
    return _bound(run, 50 * FASTER, 50_000 * FASTER, 10_000 * FASTER)
