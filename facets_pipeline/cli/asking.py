"""How `facets generate` asks: its options as one value, what it will cost, and leave to spend."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.money import NANO
from facets_pipeline.engine.choice import AnnotatorName, AskFor, Mode

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.defs.filling import AskingConfig


@dataclass(frozen=True, slots=True)
class Asking:
    """The options that say who answers and under which conditions; 0 and "" leave it open."""

    annotator: AnnotatorName = AnnotatorName.AUTO
    model: str = ""
    codes_per_request: int = 0
    rate_limit: float = 0.0
    budget_usd: float = 0.0
    mode: Mode = Mode.MESSAGES
    wait: bool = True
    ask: AskFor = AskFor.LAST

    def as_config(self) -> dict[str, Any]:
        """Return them as the configuration of a Dagster step."""
        names = {"annotator": self.annotator.name, "mode": self.mode.name, "ask": self.ask.name}
        return {**asdict(self), **names}

    def as_model(self) -> "AskingConfig":
        """Return them as the steps get them."""
        from facets_pipeline.defs.filling import AskingConfig

        return AskingConfig(**asdict(self))


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be asked of one code system.

    Attributes:
        code_system: Its name.
        pending: Codes that would be asked.
        annotator: Who would answer.
        label: By what: codebook, effort, thinking.
        requests: Requests to the API; 0 for rules.
        usd: What it will probably cost; None if a price is not known.
        seconds: How long the requests will take under the limits that are known.
        counted_by: How tokens were counted: "api", "rule", or "" where none are spent.
    """

    code_system: str
    pending: int
    annotator: str
    label: str
    requests: int
    usd: float | None
    seconds: float
    counted_by: str


def plans_of(
    store: "Store",
    systems: Sequence[str],
    asking: Asking,
    *,
    force: bool,
    limit: int = 0,
    chunks: Sequence[str] = (),
) -> list[Plan]:
    """Return what would be asked; nothing is written and nothing is spent.

    Args:
        store: The store.
        systems: Code systems.
        asking: Who would be asked, and how.
        force: Whether everything would be asked, not just what is pending.
        limit: Most codes of each system; 0 for all.
        chunks: Only these chunks; empty for all. Never with `force` or `limit`.

    Raises:
        AnnotatorError: An annotator cannot be chosen.
    """
    return [
        _plan(store, system, asking, force=force, limit=limit, chunks=chunks) for system in systems
    ]


def _plan(
    store: "Store",
    system: str,
    asking: Asking,
    *,
    force: bool,
    limit: int,
    chunks: Sequence[str],
) -> Plan:
    from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
    from facets_pipeline.defs.claude import ClaudeResource
    from facets_pipeline.defs.filling import annotator_for, asked_codes
    from facets_pipeline.engine.ports import Scope

    annotator = annotator_for(store, system, asking.as_model(), ClaudeResource())
    recipe = annotator.recipe
    if asking.ask is AskFor.UNDECIDED:
        store.second.refresh(system, store.today())
    scope = Scope(system, store.today(), ask=asked_codes(annotator, asking.ask))
    pending = store.ledger.pending(scope, recipe.recipe_id)
    if chunks:
        found = store.ledger.askable_by_chunk(scope, recipe.recipe_id)
        limit = pending = sum(found.get(chunk, 0) for chunk in chunks)
    if force:
        pending = store.codes.counts(system, store.today()).active
    if isinstance(annotator, RulesAnnotator):
        return Plan(system, pending, recipe.title, recipe.label, 0, 0.0, 0.0, "")
    if chunks and not pending:
        return Plan(system, 0, recipe.title, recipe.label, 0, 0.0, 0.0, "rule")
    return _claude_plan(store, system, annotator, asking, force=force, limit=limit)


def may_go_on(
    plans: list[Plan], asking: Asking, *, dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Say what it will cost; tell whether it is to be done: a dry run ends here.

    Raises:
        SettingsError: Nobody can be asked, and `--yes` was not given.
        Abort: The answer was no.
    """
    announce(plans, asking, dry_run=dry_run, as_json=as_json)
    if not dry_run:
        ask_leave(spends=any(plan.requests for plan in plans), yes=yes)
    return not dry_run


def announce(plans: list[Plan], asking: Asking, *, dry_run: bool, as_json: bool) -> None:
    """Print who answers and what it will cost, before anything is asked."""
    if as_json:
        if dry_run:
            print_json({"dry_run": True, "systems": [asdict(plan) for plan in plans]})
        return
    for plan in plans:
        line = f"{plan.code_system}: {plan.pending:,} codes pending; annotator {plan.annotator}"
        if not plan.counted_by:
            line += " (embedded, offline), cost $0.00"
        else:
            cost = "unknown" if plan.usd is None else f"${plan.usd:,.2f}"
            how = "up to" if asking.mode is Mode.BATCHES else "about"
            line += f" ({plan.label}), {plan.requests:,} requests, {how} {cost}"
            if asking.budget_usd:
                line += f", at most ${asking.budget_usd:,.2f}"
        console().print(line, markup=False, soft_wrap=True)


def ask_leave(*, spends: bool, yes: bool, look: str = "`facets estimate`") -> None:
    """Ask the person at the terminal before money is spent.

    Args:
        spends: Whether any would be spent.
        yes: Whether leave was given before.
        look: What tells the cost, for the message.

    Raises:
        SettingsError: Nobody can be asked, and `--yes` was not given.
        Abort: The answer was no.
    """
    if yes or not spends:
        return
    if not sys.stdin.isatty():
        raise SettingsError(
            "This would spend money and nobody can be asked: add --yes, or see what it will cost "
            f"with {look}."
        )
    if not typer.confirm("Spend it?"):
        raise typer.Abort


def _claude_plan(
    store: "Store",
    system: str,
    annotator: "ClaudeAnnotator",
    asking: Asking,
    *,
    force: bool,
    limit: int,
) -> Plan:
    from facets_pipeline.cli.forecast import forecast
    from facets_pipeline.defs.claude import ClaudeResource

    size = ClaudeResource().options("", codes_per_request=asking.codes_per_request)
    found = forecast(
        store,
        system,
        annotator,
        size.codes_per_request,
        force=force,
        limit=limit,
        ask=asking.ask,
    )
    expected = found.estimate.expected
    if asking.mode is Mode.BATCHES:
        expected = found.estimate.batches[-1]
    nano = expected.nano
    return Plan(
        code_system=system,
        pending=found.pending,
        annotator=annotator.recipe.title,
        label=annotator.recipe.label,
        requests=found.estimate.workload.requests,
        usd=None if nano is None else nano / NANO,
        seconds=round(found.estimate.message_seconds, 1),
        counted_by=found.counted_by,
    )
