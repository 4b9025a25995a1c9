"""What the engine needs of the world, as protocols. Adapters implement them, tests may too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.outcomes import Verdict
from facets_pipeline.domain.prompt import Question
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.usage import Usage
from facets_pipeline.domain.wire import Reading
from facets_pipeline.engine.calls import NotPaid, Reply
from facets_pipeline.engine.choice import AskFor
from facets_pipeline.engine.throttle import Cost, Grant


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pending codes are meant.

    Attributes:
        code_system: Their system.
        day: The day on which they must be active.
        chunk: Their chunk; None for all chunks.
        ask: Which codes are asked at all; LAST for what is in force for the system.
    """

    code_system: str
    day: date
    chunk: str | None = None
    ask: AskFor = AskFor.LAST


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


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions a run may ask a paid API.

    Attributes:
        recipe_id: The recipe of the answers.
        model: The model's id; rate limits are kept per model.
        run_id: The run, for its budget.
        codes_per_request: Codes asked together.
        cap_rpm: Most requests per minute for this run; None for what the API allows.
        run_budget_nano_usd: Most nano-dollars for this run; None for no limit.
        day_budget_nano_usd: Most nano-dollars for the day (UTC) over all runs; None for no limit.
        expected: Tokens that some questions will probably take, for the rate limits.
        worst_case: Nano-dollars that they may cost at most; None if a price is not known.
        cost: Nano-dollars that a usage object costs; None if a price is not known.
    """

    recipe_id: str
    model: str
    run_id: str
    codes_per_request: int
    cap_rpm: float | None
    run_budget_nano_usd: int | None
    day_budget_nano_usd: int | None
    expected: Callable[[Sequence[Question]], Cost]
    worst_case: Callable[[Sequence[Question]], int | None]
    cost: Callable[[Usage], int | None]


@dataclass(frozen=True, slots=True)
class Ask:
    """Codes that this process claimed, and when it may ask about them.

    Attributes:
        call_id: The intent in the ledger.
        questions: What is asked, in order.
        attempts: Code to how often it was answered before, for codes whose answers did not stand.
        expected: The tokens that were reserved with the rate limits.
        reserved_nano_usd: What was reserved in the budgets.
        grant: When it may start.
    """

    call_id: str
    questions: tuple[Question, ...]
    attempts: Mapping[str, int]
    expected: Cost
    reserved_nano_usd: int
    grant: Grant


class PaidLedger(Protocol):
    """Claims work, keeps the money, and records what became of every call."""

    async def open(self, scope: Scope, terms: Terms, *, after: str, most: int) -> Ask | None:
        """Claim pending codes after `after`; None if there are none that nobody holds.

        Raises:
            BudgetError: The call could cost more than a budget has left.
        """
        ...

    async def open_single(self, terms: Terms) -> Ask:
        """Open a call that asks about no code: it reserves money and a start, and claims nothing.

        Raises:
            BudgetError: The call could cost more than a budget has left.
        """
        ...

    async def send(self, ask: Ask, terms: Terms) -> float:
        """Record that the call is made now; above 0: not yet, wait so many seconds first.

        Raises:
            ClaimLostError: The claim is no longer held; the call must not be made.
        """
        ...

    async def record(self, ask: Ask, terms: Terms, reply: Reply) -> int | None:
        """Make a reply durable with its usage; return its cost in nano-dollars, None if unknown.

        It may be called again with the same reply after a StoreError: the reply counts once.
        """
        ...

    async def settle(
        self, ask: Ask, terms: Terms, readings: Sequence[Reading]
    ) -> Sequence[Verdict]:
        """Record what was read; return the verdicts. Codes without one are pending again."""
        ...

    async def refuse(self, ask: Ask, terms: Terms, error: NotPaid, *, pause: float) -> None:
        """Record that nothing was paid; everybody pauses for `pause` seconds."""
        ...

    async def give_back(
        self, ask: Ask, terms: Terms, error: str, *, in_doubt: bool
    ) -> Sequence[Verdict]:
        """End a call without a reply: in doubt if it was sent, else as if it had never been.

        Returns:
            Verdicts on codes whose reply was lost too often; all others are pending again.
        """
        ...

    async def renew(self) -> None:
        """Show that this process lives; take over from those that do not, answers first."""
        ...

    async def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the pending codes, claimed ones too, those in a live batch not."""
        ...
