"""Measures growth and prints the table: `make growth`, options in GROWTH; see docs/growth.md."""

import argparse
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from facets_pipeline_tests.growth.grid import passes
from facets_pipeline_tests.growth.measured import GrowthError, Place
from facets_pipeline_tests.growth.paid import answering_server
from facets_pipeline_tests.growth.stages import stages
from facets_pipeline_tests.growth.table import Stage, row, table

MOST_MB = 500.0
"""Memory that no process may exceed, however many codes there are."""

NICE = 5
"""Others of the machine come first: what counts is processor time, not the clock on the wall."""


def main() -> int:
    """Return the exit code: 1 if a command failed or a process grew too large."""
    options = _options().parse_args()
    os.nice(NICE)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    found: list[Stage] = []
    failed = False
    for codes in options.codes:
        try:
            with _place(options.annotator, codes, options.folder) as place:
                for stage in stages(place, codes, options.annotator):
                    found.append(stage)
                    print(row(stage), flush=True)
                for line in passes(place, options.annotator, options.passes):
                    print(line, flush=True)
        except GrowthError as error:
            print(error)
            failed = True
    print(table(found))
    largest = max((stage.used.peak_mb for stage in found), default=0.0)
    print(f"largest process: {largest:.0f} MB, of {MOST_MB:.0f} MB at most")
    return 1 if failed or largest > MOST_MB else 0


@contextmanager
def _place(annotator: str, codes: int, folder: Path | None) -> Generator[Place]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        if annotator == "rules":
            yield Place(Path(name), {})
            return
        with answering_server(Path(name), codes) as variables:
            yield Place(Path(name), variables)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="growth", description=__doc__)
    parser.add_argument(
        "--codes",
        type=lambda text: [int(number) for number in text.split(",")],
        default=[20_000, 200_000],
        metavar="N,N",
        help="sizes, smallest first",
    )
    parser.add_argument("--annotator", choices=["rules", "claude"], default="rules")
    parser.add_argument(
        "--passes",
        type=int,
        default=0,
        metavar="N",
        help="further passes, for what each adds to Dagster's history, and the partition grid",
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where the folders of the runs are made"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
