"""`facets sweep`: the same codes asked with other numbers of codes per request, against gold.

Each number has a store of its own, so that every code is asked anew; the codes and descriptors are
those of the user's store, which gets no answer from it.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facets_pipeline.cli.asking import Plan, ask_leave
from facets_pipeline.cli.options import (
    CodeSystem,
    DatabaseUrl,
    Json,
    Yes,
    chosen_system,
    settings_with,
)
from facets_pipeline.cli.sweep_tables import announce_sweep, show_sweep, sweep_document
from facets_pipeline.cli.terminal import print_json
from facets_pipeline.domain.errors import AnnotatorError, SettingsError
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.sweep import Trial

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.adapters.sweep_trials import Drawn
    from facets_pipeline.adapters.sweeping import TrialStore
    from facets_pipeline.engine.fill import FillReport

Gold = Annotated[
    list[Path], typer.Option("--gold", help="Labels: code_system, code, facet, value.")
]
Sizes = Annotated[
    str, typer.Option("--k", metavar="K,K,...", help="Codes per request, one trial each.")
]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="Keep the trials' stores here; the same sweep goes on."),
]


def sweep(  # noqa: PLR0913 - one argument per option
    *,
    gold: Gold,
    codes: Annotated[int, typer.Option("--codes", min=1, help="How many codes to ask.")] = 200,
    k: Sizes = "1,5,10,25",
    model: Annotated[str, typer.Option("--model", help="Claude's model; default: as set.")] = "",
    budget_usd: Annotated[
        float, typer.Option("--budget-usd", min=0.01, help="Dollars for all trials at most.")
    ] = 2.0,
    folder: Folder = None,
    code_system: CodeSystem = "",
    yes: Yes = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Measure accuracy, place in the request, tokens and cost for several codes per request."""
    from facets_pipeline.adapters import sweep_trials
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    sizes = _sizes(k)
    with ExitStack() as exits:
        store = exits.enter_context(Store.open(settings.store_url))
        paths = [path.expanduser() for path in gold]
        drawn = sweep_trials.draw(store, paths, codes, chosen_system(code_system))
        annotators = _annotators(store, drawn.codes, model)
        trials = _opened(exits, folder, sizes, drawn, annotators)
        plans = [_plan(size, trial, annotators) for size, trial in trials.items()]
        if not as_json:
            announce_sweep(plans, drawn.number, budget_usd)
        ask_leave(spends=any(plan.requests for plan in plans), yes=yes)
        progress = partial(_progress, quiet=as_json)
        per_day = settings.budget_usd_per_day
        error = sweep_trials.ask_all(store, trials, budget_usd, per_day, progress)
        found = sweep_trials.measured(trials, drawn)
    who = f"{plans[0].annotator} ({plans[0].label})"
    _tell(found, who, drawn, error, as_json=as_json)


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
    drawn: "Drawn",
    annotators: dict[str, "ClaudeAnnotator"],
) -> "dict[int, TrialStore]":
    from facets_pipeline.adapters.sweeping import TrialStore

    if folder is None:
        place = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="facets-sweep-")))
    else:
        place = folder.expanduser()
        place.mkdir(parents=True, exist_ok=True)
    return {
        size: exits.enter_context(TrialStore(place / f"k{size}.db", drawn.codes, annotators))
        for size in sizes
    }


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


def _progress(size: int, *, quiet: bool) -> "Callable[[FillReport], None]":
    def show(report: "FillReport") -> None:
        if not quiet and sys.stderr.isatty():
            sys.stderr.write(f"\rk = {size}: {report.asked:,} codes, {report.calls:,} calls ")
            sys.stderr.flush()

    return show


def _tell(
    trials: Sequence[Trial],
    who: str,
    drawn: "Drawn",
    error: AnnotatorError | None,
    *,
    as_json: bool,
) -> None:
    if not as_json:
        show_sweep(trials, who)
        if error is not None:
            raise error
        return
    document = sweep_document(trials, who, drawn)
    if error is not None:
        print_json({**document, "error": str(error), "exit_code": error.exit_code})
        raise typer.Exit(error.exit_code)
    print_json(document)
