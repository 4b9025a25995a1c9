"""The measure of the search: a real server, 20,000 codes, 50 requests a second; then with a writer.

The load stands in `load`, the writer in `search_writer`.
"""

import contextlib
import csv
import random
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facets_pipeline.adapters.loading import load_codes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.api.contents import SEARCH
from facets_pipeline_tests.api.serving import serving
from facets_pipeline_tests.bench.lines import Line, all_of, at_most, fact
from facets_pipeline_tests.bench.load import Seen, Wanted, ask
from facets_pipeline_tests.bench.processes import BenchError, environment
from facets_pipeline_tests.bench.search_writer import answer_all
from facets_pipeline_tests.bench.stage import Stage

CODES: Final = 20_000
PER_SECOND: Final = 50.0
COUNTS_PER_SECOND: Final = 1.0
SECONDS: Final = 30.0
WARM_UP_SECONDS: Final = 2.0

MOST_MS: Final = 25.0
MOST_COUNTS_MS: Final = 150.0

_WORDS: Final = ("knee", "inj", "wheelchair acc", "ct", "oral", "each 10", "99", "j0", "prosth")


@dataclass(frozen=True, slots=True)
class Times:
    """What became of the requests of one run.

    Attributes:
        searches: Pages, words and single codes.
        counts: Pages with the counts of every value.
    """

    searches: Seen
    counts: Seen

    @property
    def failures(self) -> list[str]:
        """What went wrong, of all kinds."""
        return [*self.searches.failures, *self.counts.failures]


def search(stage: Stage) -> list[Line]:
    """Search at a fixed rate on each store, first alone, then while all codes are answered anew."""
    return [line for store in stage.stores for line in _on_store(stage, store)]


def _on_store(stage: Stage, store: str) -> list[Line]:
    seconds = stage.minutes * 60 or max(5.0, SECONDS * stage.scale)
    with stage.folder() as folder, stage.store_url(store) as url:
        codes = _fill(stage, url, folder)
        with serving(url, folder) as served:
            wanted = _wanted(random.Random(1), codes)  # noqa: S311 - the same each time
            ask(served.address, wanted, WARM_UP_SECONDS)
            alone = _times(ask(served.address, wanted, seconds))
            with _writer(url, folder):
                beside = _times(ask(served.address, wanted, seconds))
        log = served.log.read_text("utf-8")
    for failure in [*alone.failures, *beside.failures][:5]:
        print(f"  failed: {failure}")
    if "Traceback" in log:
        raise BenchError(f"The server printed a traceback: {log[-300:]}")
    return [*_lines(store, len(codes), alone, seconds), *_lines_beside(beside, seconds)]


def _lines(store: str, codes: int, seen: Times, seconds: float) -> list[Line]:
    return [
        at_most(
            f"search on {store}, {codes:,} codes, {PER_SECOND:.0f}/s: p99",
            seen.searches.milliseconds(0.99), MOST_MS, "{:.1f} ms",
        ),
        fact("  half of them within", f"{seen.searches.milliseconds(0.5):.1f} ms"),
        at_most("  counts: p99", seen.counts.milliseconds(0.99), MOST_COUNTS_MS, "{:.1f} ms"),
        all_of(f"  answers that failed in {seconds:.0f} s", len(seen.failures), 0),
    ]  # fmt: skip


def _lines_beside(seen: Times, seconds: float) -> list[Line]:
    return [
        all_of(f"  failed in {seconds:.0f} s beside a writer", len(seen.failures), 0),
        fact("    p99 then", f"{seen.searches.milliseconds(0.99):.1f} ms"),
        fact("    counts then, p99", f"{seen.counts.milliseconds(0.99):.1f} ms"),
    ]


def _times(seen: dict[str, Seen]) -> Times:
    return Times(seen["searches"], seen["counts"])


def _wanted(draw: random.Random, codes: list[tuple[str, str]]) -> list[Wanted]:
    """Return the requests: six kinds of searches mixed, and counts besides."""
    facets = [facet for facet in CODEBOOK.facets if not facet.is_truth_value]
    searches: list[str] = []
    for _ in range(500):
        one, other = draw.sample(facets, 2)
        first = f"{one.name}={draw.choice(one.vocabulary)}"
        second = f"{other.name}={draw.choice(other.vocabulary)}"
        place = draw.choice(codes)
        searches += [
            f"{SEARCH}?{first}&limit=5",
            f"{SEARCH}?{first}&{second}",
            f"{SEARCH}?{first}&{one.name}={draw.choice(one.vocabulary)}&limit=200",
            f"{SEARCH}?q={draw.choice(_WORDS).replace(' ', '+')}&limit=20",
            f"{SEARCH}?cursor={place[0]}.{place[1]}",
            f"/api/v1/procedure/{place[0]}/{place[1]}",
        ]
    counts = [f"{path}&facet_counts=true" for path in searches if "?" in path]
    draw.shuffle(counts)
    return [
        Wanted("searches", searches, PER_SECOND),
        Wanted("counts", counts, COUNTS_PER_SECOND),
    ]


def _fill(stage: Stage, url: str, folder: Path) -> list[tuple[str, str]]:
    """Fill a new store, let the rules answer, and return the codes."""
    real = stage.set.codes
    patterns = [f"{number:05d}" for number in range(100, 99_999)]
    step = max(1, len(patterns) // (CODES - len(real)))
    invented = patterns[::step][: CODES - len(real)]
    rows = {
        "HCPCS": [(code.code, code.short_descriptor, code.long_descriptor) for code in real],
        "CPT": [
            (code, "", real[number % len(real)].long_descriptor)
            for number, code in enumerate(invented)
        ],
    }
    with Store.open(url) as store:
        for name, lines in rows.items():
            source = folder / f"{name}.csv"
            with source.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["code", "short_descriptor", "long_descriptor"])
                writer.writerows(lines)
            system = code_system(name)
            load_codes(store, system, str(source), mode=LoadMode.NEXT, day=store.today())
        answer_all(store, again=False)
        return [(row["code_system"], row["code"]) for row in store.flat.rows()]


@contextlib.contextmanager
def _writer(url: str, folder: Path) -> Generator[None]:
    """Let a process answer all codes again and again meanwhile.

    Raises:
        BenchError: It ended by itself.
    """
    with (folder / "writer.log").open("w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "facets_pipeline_tests.bench.search_writer", url]
        with subprocess.Popen(
            command, cwd=Path(__file__).resolve().parents[2], env=environment({}),
            stdout=log, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                yield
                if process.poll() is not None:
                    raise BenchError(f"The writer ended with {process.returncode}.")
            finally:
                process.kill()
