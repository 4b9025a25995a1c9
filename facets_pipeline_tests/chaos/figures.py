"""The table of figures: one line per fault and store, and what all of them come to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from facets_pipeline_tests.chaos.findings import Findings

BREACHES: Final = ("lost", "twice", "account", "stuck", "orphans", "files", "rows", "broken")
"""The figures that must be 0."""

_TOLD: Final = ("tried", "kills", "codes", "in_review", "in_flight", "late", "failed")


@dataclass(slots=True)
class Line:
    """What came of one kind of fault on one store.

    Attributes:
        fault: What was done.
        store: "sqlite" or "postgres".
        tried: How often it was done.
        kills: How many processes were killed for it.
        failed: Commands that ended with 1, as they may where the world fails.
        seconds: How long it took.
        found: What was found afterwards.
        broken: Rounds that came to no end.
        struck: Step to the kills that struck it.
    """

    fault: str
    store: str
    tried: int = 0
    kills: int = 0
    failed: int = 0
    seconds: float = 0.0
    found: Findings = field(default_factory=Findings)
    broken: int = 0
    struck: Counter[str] = field(default_factory=Counter[str])

    def add(self, found: Findings) -> None:
        """Add what was found on one more scene."""
        for name, value in asdict(found).items():
            setattr(self.found, name, getattr(self.found, name) + value)

    def figures(self) -> dict[str, int]:
        """Return the figures in the order of the table."""
        own = {
            "tried": self.tried,
            "kills": self.kills,
            "failed": self.failed,
            "broken": self.broken,
        }
        found: dict[str, int] = {**asdict(self.found), **own}
        return {name: found[name] for name in (*_TOLD, *BREACHES)}

    @property
    def is_clean(self) -> bool:
        """Whether all that must be 0 is."""
        figures = self.figures()
        return not any(figures[name] for name in BREACHES)

    def document(self) -> dict[str, Any]:
        """Return the line as a JSON object."""
        return {
            "fault": self.fault,
            "store": self.store,
            "seconds": round(self.seconds, 1),
            **self.figures(),
            "struck": dict(self.struck),
            "notes": self.found.notes,
        }


def head() -> str:
    """Return the header of the table."""
    names = (*_TOLD, *BREACHES)
    words = "".join(name.replace("_", "-").rjust(10) for name in names)
    return f"{'fault':25}{'store':9}{words}{'seconds':>9}"


def row(line: Line) -> str:
    """Return one line of the table."""
    numbers = "".join(f"{value:>10,}" for value in line.figures().values())
    return f"{line.fault:25}{line.store:9}{numbers}{line.seconds:>9.0f}"


def sums(lines: Sequence[Line]) -> list[Line]:
    """Return the sums by store, each as a line."""
    found: list[Line] = []
    for store in dict.fromkeys(line.store for line in lines):
        total = Line("all", store)
        for line in lines:
            if line.store == store:
                total.add(line.found)
                total.tried += line.tried
                total.kills += line.kills
                total.broken += line.broken
                total.failed += line.failed
                total.seconds += line.seconds
                total.struck += line.struck
        found.append(total)
    return found


def where(lines: Sequence[Line]) -> str:
    """Return in one sentence which steps the kills struck."""
    struck = sum((line.struck for line in lines), Counter[str]())
    steps = ", ".join(f"{step} {count}" for step, count in sorted(struck.items()))
    return f"Kills by the step that had been entered last: {steps or 'none'}."
