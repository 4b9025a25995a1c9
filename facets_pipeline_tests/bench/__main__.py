"""Runs the measures that are named, prints one table, and exits with 1 if one was missed."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from facets_pipeline.domain.errors import FacetsError
from facets_pipeline_tests.bench import backfill, limits, money, reconcile, search, volume
from facets_pipeline_tests.bench.lines import Line, failure, row, table
from facets_pipeline_tests.bench.processes import BenchError
from facets_pipeline_tests.bench.stage import Stage

Measure = Callable[[Stage], list[Line]]

MEASURES: Final[Mapping[str, Measure]] = {
    "one": limits.one_process,
    "two": limits.two_processes,
    "four": limits.four_processes,
    "falls": limits.falling_limit,
    "unlimited": volume.unlimited,
    "cli": volume.command_line_claude,
    "new_account": volume.new_account,
    "original_world": volume.original_world,
    "tokens": money.tokens,
    "cost": money.cost,
    "baseline": money.baseline,
    "rules": volume.rules,
    "reconcile": reconcile.reconcile,
    "trials": reconcile.trials,
    "search": search.search,
    "backfill": backfill.backfill,
}
"""Every measure by name, in the order in which they run."""


def main() -> int:
    """Return the exit code."""
    parser = _options()
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(MEASURES))
    if unknown:
        parser.error(f"No measure is called {unknown[0]!r}: use one of {', '.join(MEASURES)}.")
    names: list[str] = options.names or list(MEASURES)
    stores = ("sqlite", "postgres") if options.store == "both" else (options.store,)
    started = time.monotonic()
    lines: list[Line] = []
    with Stage(stores, options.scale, options.minutes) as stage:
        about = {"codes": stage.set.origin, "scale": options.scale, "cores": os.cpu_count()}
        print(f"{stage.set.origin}; scale {options.scale:g}; {_load()}")
        print(table(()), flush=True)
        for name in names:
            found = _measured(name, stage)
            lines += found
            print("\n".join(row(line) for line in found), flush=True)
    missed = sum(line.ok is False for line in lines)
    seconds = time.monotonic() - started
    print(f"{missed or 'none'} missed; {seconds / 60:.1f} min in all; {_load()}")
    if options.json:
        document = {**about, "seconds": seconds, "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _measured(name: str, stage: Stage) -> Sequence[Line]:
    try:
        return MEASURES[name](stage)
    except (BenchError, FacetsError) as error:
        return [failure(name, error)]


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=[], metavar="NAME",
        help=f"measures to run, of: {', '.join(MEASURES)}; default: all",
    )  # fmt: skip
    parser.add_argument(
        "--store", choices=["sqlite", "postgres", "both"], default="both",
        help="where runs of several processes are tried; the first also serves the others",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here as well")
    parser.add_argument(
        "--minutes", type=float, default=0.0, metavar="M", help="how long `search` asks, each time"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="S", help="share of codes and times: 0.1, say"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
