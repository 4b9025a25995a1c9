"""What one process of the fuzzer tried and found, kept in a file so that it outlives the process.

Belongs here: counting, telling one failure from another, and the file. Not what is tried.
"""

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Self

_SAVED_EVERY = 1.0
_PROJECT = ("/facets_pipeline/", "/facets_pipeline_tests/fuzz/")


@dataclass(slots=True)
class Account:
    """One process's figures.

    Attributes:
        path: The file; what is tried right now stands beside it, should the process die of it.
        examples: Inputs that were tried.
        slowest: Seconds that the slowest of them took.
        failures: Kind and place of each failure, to its message and the first input that led to it.
    """

    path: Path
    examples: int = 0
    slowest: float = 0.0
    failures: dict[str, str] = field(default_factory=dict[str, str])
    _saved: float = 0.0

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the account of a process that has ended, however it ended."""
        if not path.exists():
            return cls(path)
        stated = json.loads(path.read_text("utf-8"))
        return cls(path, stated["examples"], stated["slowest"], stated["failures"])

    @property
    def last_input(self) -> Path:
        """The file with the input that is being tried."""
        return self.path.with_suffix(".last")

    def trying(self, check: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return `check` so that it counts, and keeps a failure instead of raising it."""

        def tried(given_input: Any) -> None:  # noqa: ANN401 - whatever the target takes
            self.last_input.write_text(ascii(given_input), "utf-8")
            started = monotonic()
            try:
                check(given_input)
            except Exception as error:  # noqa: BLE001 - any failure is what is looked for
                self._keep(error, given_input)
            self.examples += 1
            self.slowest = max(self.slowest, monotonic() - started)
            if monotonic() - self._saved > _SAVED_EVERY:
                self.save()

        return tried

    def save(self) -> None:
        """Write the figures as they are now."""
        self._saved = monotonic()
        stated = {
            "examples": self.examples,
            "slowest": self.slowest,
            "failures": self.failures,
        }
        self.path.write_text(json.dumps(stated), "utf-8")

    def _keep(self, error: Exception, given_input: object) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        own = [each for each in frames if any(part in each.filename for part in _PROJECT)]
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "elsewhere"
        name = f"{type(error).__name__} at {place}"
        if name not in self.failures:
            self.failures[name] = f"{ascii(str(error))[:300]}\n  input: {given_input!a}"
            self.save()
