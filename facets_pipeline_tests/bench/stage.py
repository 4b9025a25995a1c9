"""What the measures stand on: codes, a store and a server for each run, and what a run yielded."""

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from facets_pipeline.adapters.annotators.claude.annotator import CODES_PER_REQUEST
from facets_pipeline.adapters.loading import load_codes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.bench.codes import SYSTEM, CodeSet, code_set
from facets_pipeline_tests.bench.processes import Worker
from facets_pipeline_tests.bench.worker import Task, annotator_for
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.postgres_server import PostgresServer, running_postgres

BURST_SECONDS: Final = 1.0
"""How much of a minute's allowance the server lets through at once."""

During = Callable[[RunningServer], None]
"""What is done to the server while the processes ask."""

Result = TypeVar("Result")


def bound_seconds(units: float, per_minute: float) -> float:
    """Return how long so many units take at the least: the burst is free, the rest is paced."""
    return max(0.0, units * 60 / per_minute - BURST_SECONDS)


@dataclass(frozen=True, slots=True)
class Filled:
    """What asking about some codes yielded, as the server and the processes saw it.

    Attributes:
        codes: How many codes there were.
        calls: The message requests in the order of their arrival, as the server's account has them.
        account: The server's totals.
        workers: What each process reported.
        start_up_seconds: From the start of the first process until all were ready.
        pending: Codes that the store says have no outcome.
    """

    codes: int
    calls: list[dict[str, Any]]
    account: dict[str, Any]
    workers: list[dict[str, Any]]
    start_up_seconds: float
    pending: int

    @property
    def seconds(self) -> float:
        """From the first request to the last, on the server's clock."""
        return self.calls[-1]["received_at"] - self.calls[0]["received_at"]

    @property
    def answered(self) -> int:
        """Codes whose valid answer is in the store."""
        return self.codes - self.pending - sum(worker["in_review"] for worker in self.workers)

    @property
    def asked_twice(self) -> int:
        """Codes that were paid for more than once."""
        return int(self.account["paid_more_than_once"])

    @property
    def usage(self) -> Mapping[str, int]:
        """Tokens by kind, over all calls that were paid."""
        return self.account["usage"]

    @property
    def limited_input(self) -> int:
        """Input tokens that count against the limit: all but those read from the cache."""
        return self.usage["input"] + self.usage["write_5m"] + self.usage["write_1h"]

    @property
    def peak_mb(self) -> float:
        """Memory of the largest process."""
        return max(worker["peak_mb"] for worker in self.workers)

    @property
    def mean_output(self) -> float:
        """Output tokens of an answer, on average."""
        return statistics.fmean(c["usage"]["output"] for c in self.calls if c["status"] == 200)

    def refused(self) -> list[float]:
        """Return when calls were turned away for a limit."""
        return [call["received_at"] for call in self.calls if call["status"] == 429]

    def refused_after_learning(self) -> int:
        """Return how many calls were turned away after an answer had told the limits."""
        learnt = min(call["finished_at"] for call in self.calls if call["status"] == 200)
        return sum(moment > learnt for moment in self.refused())


class Stage:
    """Makes runs; keeps a result that several measures share.

    Args:
        stores: "sqlite", "postgres": where runs of several processes are tried, in turn.
        scale: Share of the codes and times of a full measurement.
        minutes: How long a measure of lasting load runs; 0: as long as it does by itself.
    """

    def __init__(self, stores: tuple[str, ...], scale: float, minutes: float = 0.0) -> None:
        self.stores = stores
        self.scale = scale
        self.minutes = minutes
        self.set: CodeSet = code_set()
        self._exits = contextlib.ExitStack()
        self._postgres: PostgresServer | None = None
        self._kept: dict[str, Any] = {}
        self._folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory()))
        self._answers = self._folder / "answers.json"
        self.set.write_answers(self._answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def count(self, codes: int) -> int:
        """Return how many codes to ask where a full measurement asks `codes`."""
        return min(len(self.set.codes), max(20, round(codes * self.scale)))

    def once(self, name: str, make: Callable[[], Result]) -> Result:
        """Return the result called `name`, made the first time it is wanted."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @contextlib.contextmanager
    def folder(self) -> Generator[Path]:
        """Lend an empty folder."""
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            yield Path(name)

    @contextlib.contextmanager
    def server(self, **settings: Any) -> Generator[RunningServer]:  # noqa: ANN401 - see ServerSettings
        """Lend a server that answers as the rules do."""
        with running_server(
            facets_file=str(self._answers), burst_seconds=BURST_SECONDS, **settings
        ) as server:
            yield server

    def fill(
        self,
        codes: int,
        server: RunningServer,
        *,
        codes_per_request: int = CODES_PER_REQUEST,
        processes: int = 1,
        store: str = "",
        during: During | None = None,
    ) -> Filled:
        """Let processes ask about the first `codes` codes, started together on one new store.

        Raises:
            BenchError: A process failed.
        """
        with self.store_url(store or self.stores[0]) as url:
            self._prepare(url, codes, server)
            tasks = [
                Task(url, server.base_url, server.api_key, codes_per_request, f"bench-{number}")
                for number in range(processes)
            ]
            starts, results = _together(tasks, server, during)
            calls = server.admin.requests("messages")
            return Filled(
                codes=codes,
                calls=sorted(calls, key=lambda call: call["received_at"]),
                account=server.admin.account(),
                workers=results,
                start_up_seconds=max(starts),
                pending=_pending(url, server),
            )

    @contextlib.contextmanager
    def store_url(self, kind: str) -> Generator[str]:
        """Lend the address of a store that does not exist yet, on "sqlite" or "postgres"."""
        if kind == "sqlite":
            with self.folder() as folder:
                yield f"sqlite:///{folder / 'facets.db'}"
            return
        if self._postgres is None:
            self._postgres = self._exits.enter_context(running_postgres())
        with self._postgres.fresh_database() as name:
            yield self._postgres.url(name)

    def _prepare(self, url: str, codes: int, server: RunningServer) -> None:
        with self.folder() as folder, Store.open(url) as store:
            source = folder / "codes.csv"
            self.set.write_source(source, codes)
            load_codes(store, SYSTEM, str(source), mode=LoadMode.NEXT, day=store.today())
            recipe = annotator_for(store, server.base_url, server.api_key).recipe
            store.recipes.choose(SYSTEM.name, recipe, reason="bench")


def _together(
    tasks: list[Task], server: RunningServer, during: During | None
) -> tuple[list[float], list[dict[str, Any]]]:
    """Start processes together; return how long each took to get ready, and what each did."""
    workers = [Worker(task) for task in tasks]
    try:
        for worker in workers:
            worker.wait_until_ready()
        for worker in workers:
            worker.go()
        if during is not None:
            during(server)
        results = [worker.result() for worker in workers]
    finally:
        for worker in workers:
            worker.end()
    return [worker.start_up_seconds for worker in workers], results


def _pending(url: str, server: RunningServer) -> int:
    with Store.open(url) as store:
        recipe = annotator_for(store, server.base_url, server.api_key).recipe
        return store.ledger.pending(Scope(SYSTEM.name, store.today()), recipe.recipe_id)
