"""What the engine needs of the world, as protocols. Adapters implement them, tests may too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.domain.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pending codes are meant.

    Attributes:
        code_system: Their system.
        day: The day on which they must be active.
        chunk: Their chunk; None for all chunks.
    """

    code_system: str
    day: date
    chunk: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Codes that this process alone may ask about, until its lease ends.

    Attributes:
        call_id: The intent in the ledger.
        codes: What is asked, in order.
    """

    call_id: str
    codes: tuple[Code, ...]


class Annotator(Protocol):
    """Turns codes into opinions without cost, within this process."""

    @property
    def recipe(self) -> Recipe:
        """What decides its answers."""
        ...

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        ...


class Ledger(Protocol):
    """Claims work and records what became of it."""

    def claim(self, scope: Scope, recipe_id: str, *, size: int, after: str) -> Claim | None:
        """Claim up to `size` pending codes after the code `after`; None if there are none."""
        ...

    def settle(self, claim: Claim, recipe_id: str, verdicts: Sequence[Verdict]) -> None:
        """Record verdicts and release the claim, in one transaction."""
        ...

    def release(self, claim: Claim, error: str) -> None:
        """Give the codes of a claim back: nothing became of them, for the reason `error`."""
        ...

    def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the active codes without an outcome, claimed ones too."""
        ...
