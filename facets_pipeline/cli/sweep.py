"""`facets sweep`: the same codes asked with other numbers of codes per request, against gold.

Each number has a store of its own, so that every code is asked anew; the codes and descriptors are
those of the user's store, which gets no answer from it.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.asking import NANO, Plan, ask_leave
from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, Yes, settings_with
from facets_pipeline.cli.sweep_tables import Labels, announce_sweep, show_sweep, sweep_document
from facets_pipeline.cli.terminal import print_json
from facets_pipeline.domain.errors import AnnotatorError, SettingsError, SourceError
from facets_pipeline.domain.sweep import Asked, Trial, trial_of

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.adapters.sweeping import TrialStore
    from facets_pipeline.domain.codes import Code
    from facets_pipeline.engine.fill import FillReport

Sizes = dict[int, "TrialStore"]
"""Codes per request to the store of that trial, in the order of the trials."""


def sweep(  # noqa: PLR0913 - one argument per option
    *,
    gold: Annotated[
        list[Path], typer.Option("--gold", help="Labels: code_system, code, facet, value.")
    ],
    codes: Annotated[int, typer.Option("--codes", min=1, help="How many codes to ask.")] = 200,
    k: Annotated[
        str, typer.Option("--k", metavar="K,K,...", help="Codes per request, one trial each.")
    ] = "1,5,10,25",
    model: Annotated[str, typer.Option("--model", help="Claude's model; default: as set.")] = "",
    budget_usd: Annotated[
        float, typer.Option("--budget-usd", min=0.01, help="Dollars for all trials at most.")
    ] = 2.0,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Keep the trials' stores here; the same sweep goes on."),
    ] = None,
    code_system: CodeSystem = "",
    yes: Yes = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Measure accuracy, place in the request, tokens and cost for several codes per request."""
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    sizes = _sizes(k)
    with ExitStack() as exits:
        store = exits.enter_context(Store.open(settings.store_url))
        chosen, labels = _chosen(store, gold, codes, code_system)
        annotators = _annotators(store, chosen, model)
        trials = _opened(exits, folder, sizes, chosen, annotators)
        plans = [_plan(size, trial, annotators) for size, trial in trials.items()]
        if not as_json:
            announce_sweep(plans, sum(map(len, chosen.values())), budget_usd)
        ask_leave(plans, yes=yes)
        error = _ask_all(store, trials, budget_usd, settings.budget_usd_per_day, quiet=as_json)
        found = _measured(trials, chosen, labels)
    who = f"{plans[0].annotator} ({plans[0].label})"
    _tell(found, who, labels, error, as_json=as_json)


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1 or max(sizes) > 100 or len(set(sizes)) < len(sizes):
        raise SettingsError(
            f"--k {text!r} names no numbers of codes per request: give different ones from 1 to "
            f"100, as 1,5,10,25."
        )
    return sizes


def _opened(
    exits: ExitStack,
    folder: Path | None,
    sizes: list[int],
    chosen: dict[str, list["Code"]],
    annotators: dict[str, "ClaudeAnnotator"],
) -> Sizes:
    from facets_pipeline.adapters.sweeping import TrialStore

    if folder is None:
        place = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="facets-sweep-")))
    else:
        place = folder.expanduser()
        place.mkdir(parents=True, exist_ok=True)
    return {
        size: exits.enter_context(TrialStore(place / f"k{size}.db", chosen, annotators))
        for size in sizes
    }


def _chosen(
    store: "Store", gold: list[Path], number: int, code_system: str
) -> tuple[dict[str, list["Code"]], Labels]:
    """Return the codes to ask, by system, and their labels: a draw that is always the same."""
    from facets_pipeline.adapters.sources.gold import read_gold

    system = code_system.strip().upper()
    labels = read_gold([path.expanduser() for path in gold]).labels
    wanted = {key for key in labels.codes if not system or key[0] == system}
    found = [
        code
        for name in sorted({key[0] for key in wanted})
        for code in store.codes.active(name, store.today())
        if (name, code.code) in wanted
    ]
    if not found:
        raise SourceError(
            f"None of the {len(wanted)} codes of the gold file is an active code of the store: "
            f"load the file that has them with `facets load`."
        )
    drawn = sorted(found, key=_draw)[:number]
    by_system: dict[str, list[Code]] = {}
    for code in sorted(drawn, key=lambda code: (code.code_system, code.code)):
        by_system.setdefault(code.code_system, []).append(code)
    keys = {(code.code_system, code.code) for code in drawn}
    values = {cell: value for cell, value in labels.values.items() if cell[:2] in keys}
    issues = {**labels.counts, "not_in_store": len(wanted) - len(found)}
    return by_system, Labels(values, {rule: count for rule, count in issues.items() if count})


def _draw(code: "Code") -> str:
    return hashlib.sha256(f"{code.code_system} {code.code}".encode()).hexdigest()


def _annotators(store: "Store", systems: Iterable[str], model: str) -> dict[str, "ClaudeAnnotator"]:
    from facets_pipeline.defs.claude import ClaudeResource

    resource = ClaudeResource()
    found = {system: resource.annotator(store, system, model) for system in systems}
    if len({annotator.recipe.recipe_id for annotator in found.values()}) > 1:
        raise SettingsError(
            "The code systems of this sweep are asked with different models: name one with --model."
        )
    for annotator in found.values():
        # Refused here if the price is not known, before anything is sent.
        annotator.terms(resource.options("", budget_usd=1.0))
    return found


def _plan(size: int, trial: "TrialStore", annotators: dict[str, "ClaudeAnnotator"]) -> Plan:
    from facets_pipeline.domain.estimate import Limits, estimate, workload_of

    codes = requests = nano = 0
    seconds = 0.0
    for system, annotator in annotators.items():
        pending = trial.pending(system)
        work = workload_of(pending, codes_per_request=size, thinks=annotator.plan.thinks)
        expected = estimate(work, annotator.facts, Limits())
        codes, requests = codes + work.codes, requests + work.requests
        nano += expected.expected.nano or 0
        seconds += expected.message_seconds
    recipe = next(iter(annotators.values())).recipe
    return Plan(
        code_system=f"k = {size}",
        pending=codes,
        annotator=recipe.title,
        label=recipe.label,
        requests=requests,
        usd=nano / NANO,
        seconds=seconds,
        counted_by="rule",
    )


def _spent(trials: Sizes) -> int:
    return sum(trial.spent_nano() for trial in trials.values())


def _ask_all(
    store: "Store", trials: Sizes, budget_usd: float, usd_per_day: float, *, quiet: bool
) -> AnnotatorError | None:
    """Ask trial by trial; return what ended it before its time, None if nothing did.

    Raises:
        BudgetError: The day has less left than the sweep may spend.
    """
    from facets_pipeline.adapters.sweeping import Booking

    budget, before = round(budget_usd * NANO), _spent(trials)
    booking = Booking.of(store, max(0, budget - before), usd_per_day)
    try:
        for size, trial in trials.items():
            others = _spent(trials) - trial.spent_nano()
            trial.ask(size, budget - others, progress=_progress(size, quiet=quiet))
    except AnnotatorError as error:
        return error
    finally:
        booking.settle(_spent(trials) - before)
    return None


def _progress(size: int, *, quiet: bool) -> "Callable[[FillReport], None]":
    def show(report: "FillReport") -> None:
        if not quiet and sys.stderr.isatty():
            sys.stderr.write(f"\rk = {size}: {report.asked:,} codes, {report.calls:,} calls ")
            sys.stderr.flush()

    return show


def _measured(trials: Sizes, chosen: dict[str, list["Code"]], labels: Labels) -> list[Trial]:
    keys = [(code.code_system, code.code) for codes in chosen.values() for code in codes]
    found: list[Trial] = []
    first: Asked | None = None
    for size, trial in trials.items():
        asked = trial.asked()
        found.append(trial_of(size, keys, labels.values, asked, first))
        first = first or asked
    return found


def _tell(
    trials: Sequence[Trial],
    who: str,
    labels: Labels,
    error: AnnotatorError | None,
    *,
    as_json: bool,
) -> None:
    if not as_json:
        show_sweep(trials, who)
        if error is not None:
            raise error
        return
    document = sweep_document(trials, who, labels)
    if error is not None:
        print_json({**document, "error": str(error), "exit_code": error.exit_code})
        raise typer.Exit(error.exit_code)
    print_json(document)
