"""What a round is played on: a working folder, a store, a server with a file of state, and codes.

Nothing is checked here, see `findings`.
"""

import contextlib
import itertools
import os
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.cli.instance import SHIPPED_HOME
from facets_pipeline_tests.chaos.lives import Life, start_cold, start_warm
from facets_pipeline_tests.chaos.worlds import ORDINARY
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import own_environment
from facets_pipeline_tests.daemon.drug_codes import SYSTEM, drug_answers, drug_codes, write_codes
from facets_pipeline_tests.house.source_tree import ROOT
from facets_pipeline_tests.postgres_server import PostgresServer

MOST_CODES = 2_000
"""Codes that the server knows an answer to."""


MEMORY = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - on purpose
"""Where scenes are set up: what a killed process had written is there whatever the disk does, and
hundreds of rounds do not wait for a disk."""


@dataclass(slots=True)
class Scene:
    """A folder to work in, and who is asked.

    Attributes:
        folder: The working folder.
        server: The local Claude server.
        store_url: The store's address.
        environment: What every process gets.
        codes: How many codes the file of codes holds.
        dead: Processes that were killed here.
    """

    folder: Path
    server: RunningServer
    store_url: str
    environment: dict[str, str]
    codes: int = 0
    dead: list[int] = field(default_factory=list[int])
    _names: "itertools.count[int]" = field(default_factory=itertools.count)
    _lives: list[Life] = field(default_factory=list[Life])

    def start(
        self, *arguments: str, cold: bool = False, world: Mapping[str, str] = ORDINARY
    ) -> Life:
        """Start a command; `world` are further variables of its environment, see `worlds`."""
        start = start_cold if cold else start_warm
        name = f"life-{next(self._names)}"
        files = self.folder.parent / "lives" / name
        life = start(arguments, self.folder, {**self.environment, **world}, files)
        self._lives.append(life)
        return life

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it said."""
        life = self.start(*arguments)
        return life.wait(), life.said()

    def must_run(self, *arguments: str) -> None:
        """Run a command that has to succeed."""
        code, said = self.run(*arguments)
        assert code == 0, f"facets {' '.join(arguments)} ended with {code}: {said}"

    def write(self, count: int) -> Path:
        """Let the file of codes hold so many codes; return its path."""
        self.codes = count
        beside = write_codes(self.folder / "codes.new", count)
        return beside.replace(self.folder / "codes.csv")

    def load(self, count: int) -> None:
        """Load so many codes."""
        self.must_run("load", str(self.write(count)), "--code-system", SYSTEM)

    def is_loaded(self) -> bool:
        """Tell whether the store knows every code of the file."""
        with self.open() as store:
            return store.codes.counts(SYSTEM, store.today()).active == self.codes

    def names(self) -> list[str]:
        """Return the codes of the file."""
        return drug_codes(self.codes)

    def open(self) -> Store:
        """Open the store."""
        return Store.open(self.store_url)

    def instance(self) -> dg.DagsterInstance:
        """Open the Dagster instance; nothing else of this process may need its environment."""
        data = {"FACETS_DATA_DIR": str(self.folder / ".facets")}
        with patch.dict(os.environ, {**self.environment, **data}, clear=True):
            return dg.DagsterInstance.from_config(str(SHIPPED_HOME))

    def end_all(self) -> None:
        """Kill every process of this scene that still lives."""
        for life in self._lives:
            if not life.is_over():
                life.kill()
            life.marks.close()

    def orphans(self) -> dict[int, str]:
        """Return the living processes that work in the folder, but for the server: pid to name."""
        found: dict[int, str] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if (entry / "cwd").resolve() == self.folder.resolve():
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = b" ".join(words).decode(errors="replace").strip()
            except OSError:
                continue
        found.pop(os.getpid(), None)
        return found


@contextlib.contextmanager
def a_scene(
    postgres: PostgresServer | None = None,
    **settings: Any,  # noqa: ANN401 - those of the server
) -> Generator[Scene]:
    """Set up a scene: on SQLite in its folder, or on a fresh database of `postgres`.

    Args:
        postgres: Whose database is to be the store.
        settings: Settings of the server.
    """
    with contextlib.ExitStack() as exits:
        path = Path(
            exits.enter_context(tempfile.TemporaryDirectory(prefix="facets-chaos-", dir=MEMORY))
        )
        state = str(path / "server.state")
        work, temporary = path / "work", path / "tmp"
        for each in (work, temporary, path / "lives"):
            each.mkdir()
        server = exits.enter_context(running_server(**{"state_file": state, **settings}))
        server.admin.answer_with(drug_answers(MOST_CODES))
        environment = {
            **own_environment(),
            **server.environment,
            "COLUMNS": "100",
            "PYTHONPATH": str(ROOT),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "TMPDIR": str(temporary),
            "FACETS_CODES_PER_REQUEST": "3",
        }
        store_url = str(work / ".facets" / "facets.db")
        if postgres is not None:
            store_url = postgres.url(exits.enter_context(postgres.fresh_database()))
            environment["FACETS_DATABASE_URL"] = store_url
        scene = Scene(work, server, store_url, environment)
        exits.callback(scene.end_all)
        yield scene
