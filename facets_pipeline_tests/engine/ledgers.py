"""A ledger to read: it lives in memory, for one process, and follows the engine's port."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.engine.ports import Claim, Scope


@dataclass(slots=True)
class MemoryLedger:
    """Keeps the verdicts of some codes, whatever their scope and recipe.

    Attributes:
        codes: The active codes, in order.
        settled: Code to its verdict.
        held: Codes that are claimed, here or by somebody else.
        released: The reasons for which claims were given back.
        fails_to_settle: Whether recording verdicts fails.
    """

    codes: list[Code]
    settled: dict[str, Verdict] = field(default_factory=dict[str, Verdict])
    held: set[str] = field(default_factory=set[str])
    released: list[str] = field(default_factory=list[str])
    fails_to_settle: bool = False

    def claim(self, scope: Scope, recipe_id: str, *, size: int, after: str) -> Claim | None:
        """Claim pending codes that nobody holds."""
        del scope, recipe_id
        free = [
            code
            for code in self.codes
            if code.code > after and code.code not in self.settled and code.code not in self.held
        ]
        if not free:
            return None
        self.held.update(code.code for code in free[:size])
        return Claim("a call", tuple(free[:size]))

    def settle(self, claim: Claim, recipe_id: str, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts and let the claim go."""
        del recipe_id
        if self.fails_to_settle:
            raise OSError("the disk is full")
        self.settled.update({verdict.code.code: verdict for verdict in verdicts})
        self.held.difference_update(code.code for code in claim.codes)

    def release(self, claim: Claim, error: str) -> None:
        """Let the claim go."""
        self.released.append(error)
        self.held.difference_update(code.code for code in claim.codes)

    def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the codes without a verdict."""
        del scope, recipe_id
        return len(self.codes) - len(self.settled)
