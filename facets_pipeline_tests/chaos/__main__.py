"""Tries the faults, prints one table, and exits with 1 if any figure that must be 0 is not."""

import argparse
import json
import math
import random
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from facets_pipeline_tests.chaos import daemons, disks, dying, outages, partitions, stops
from facets_pipeline_tests.chaos.figures import Line, head, row, sums, where
from facets_pipeline_tests.chaos.lives import StuckError
from facets_pipeline_tests.chaos.stage import Stage
from facets_pipeline_tests.postgres_server import PostgresServer, running_postgres

Fault = Callable[[Stage], Line]

FAULTS: Final[Mapping[str, Fault]] = {
    "kill": dying.messages,
    "batches": dying.batches,
    "answers": dying.answers,
    "ctrl-c": stops.ctrl_c,
    "sigterm": stops.terminated,
    "disk": disks.full,
    "database": outages.database,
    "partition": partitions.same_cells,
    "clock": partitions.clock_steps,
    "outage": outages.api,
    "storm": outages.storm,
    "daemon": daemons.killed,
}
"""Every fault by name, in the order in which they are tried."""

ONLY_ON: Final[Mapping[str, str]] = {"disk": "sqlite", "database": "postgres"}
"""Faults that one kind of store alone can have."""


def main() -> int:
    """Return the exit code."""
    parser = _options()
    options = parser.parse_args()
    names: list[str] = options.only or list(FAULTS)
    if unknown := sorted(set(names) - set(FAULTS)):
        parser.error(f"No fault is called {unknown[0]!r}: use one of {', '.join(FAULTS)}.")
    # Whoever ends this program ends all that it started.
    signal.signal(signal.SIGTERM, _end)
    stores = ("sqlite", "postgres") if options.store == "both" else (options.store,)
    print(f"seed {options.seed}\n{head()}", flush=True)
    lines: list[Line] = []
    for store in stores:
        with _server(store) as postgres:
            draw = random.Random(f"{options.seed} {store}")  # noqa: S311 - it can be repeated
            until = time.monotonic() + 60 * options.minutes
            stage = Stage(postgres, draw, options.kills, options.rounds, until)
            lines += [_tried(name, stage) for name in names if ONLY_ON.get(name, store) == store]
    totals = sums(lines)
    print("\n".join([*map(row, totals), where(lines)]))
    if options.json:
        document = [line.document() for line in [*lines, *totals]]
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0 if all(line.is_clean for line in lines) else 1


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)


def _tried(name: str, stage: Stage) -> Line:
    started = time.monotonic()
    try:
        line = FAULTS[name](stage)
    except (StuckError, AssertionError) as error:
        line = stage.line(name)
        line.broken += 1
        line.found.notes.append(str(error))
    line.seconds = time.monotonic() - started
    print("\n".join([row(line), *(f"    {note}" for note in line.found.notes)]), flush=True)
    return line


@contextmanager
def _server(store: str) -> Generator[PostgresServer | None]:
    if store == "sqlite":
        yield None
        return
    with running_postgres() as server:
        yield server


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=200, help="kills of `generate` on each store (default 200)"
    )
    parser.add_argument(
        "--rounds", type=int, default=2, help="how often the other faults are tried (default 2)"
    )
    parser.add_argument(
        "--minutes", type=float, default=math.inf,
        help="for how long kills go on at most, on each store, whatever their number",
    )  # fmt: skip
    parser.add_argument(
        "--store", choices=["sqlite", "postgres", "both"], default="both", help="the stores"
    )
    parser.add_argument("--seed", type=int, default=7, help="what instants are drawn from")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help=f"a fault to try, of: {', '.join(FAULTS)}; may be given again; default: all",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="file that the figures are written to as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
