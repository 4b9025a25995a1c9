"""`facets estimate`: requests, tokens, cost and time for what is pending, per mode and model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, loaded_systems, settings_with
from facets_pipeline.cli.terminal import console, print_json, results_table
from facets_pipeline.domain.money import NANO

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.forecast import Forecast
    from facets_pipeline.domain.estimate import Case


def estimate(
    *,
    code_system: CodeSystem = "",
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Only this model; repeatable. Default: the current three."),
    ] = None,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=0, max=100, help="Codes per request; 0: the setting.")
    ] = 0,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Say what asking Claude about everything pending will take; nothing is spent."""
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    size = batch_size or settings.codes_per_request
    with Store.open(settings.store_url) as store:
        systems = loaded_systems(store, code_system)
        found = list(_forecasts(store, systems, model or [], size))
    if as_json:
        documents = [_document(each, fewer) for each, fewer in found]
        print_json({"codes_per_request": size, "estimates": documents})
    else:
        _show([each for each, _ in found], size)
        _show_savings(found)


def _forecasts(
    store: "Store", systems: list[str], models: list[str], size: int
) -> Iterator[tuple["Forecast", "Forecast"]]:
    """Yield what asking takes, and what it takes with `--ask undecided`."""
    from facets_pipeline.cli.forecast import forecast
    from facets_pipeline.defs.claude import ClaudeResource
    from facets_pipeline.domain.models import CHEAP_MODEL, DEFAULT_MODEL, REVIEW_MODEL
    from facets_pipeline.engine.choice import AskFor

    for system in systems:
        store.second.refresh(system, store.today())
        for name in models or (CHEAP_MODEL, DEFAULT_MODEL, REVIEW_MODEL):
            annotator = ClaudeResource().annotator(store, system, name)
            every = forecast(store, system, annotator, size)
            yield every, forecast(store, system, annotator, size, ask=AskFor.UNDECIDED)


def _document(found: "Forecast", fewer: "Forecast") -> dict[str, Any]:
    work = found.estimate.workload
    return {
        "code_system": found.code_system,
        "model": found.model,
        "pending": found.pending,
        "requests": work.requests,
        "counted_by": found.counted_by,
        "output_by": found.output_by,
        "expected": _case(found.estimate.expected),
        "messages": [_case(case) for case in found.estimate.messages],
        "batches": [_case(case) for case in found.estimate.batches],
        "message_seconds": round(found.estimate.message_seconds, 1),
        "ask_undecided": {
            "pending": fewer.pending,
            "requests": fewer.estimate.workload.requests,
            "expected": _case(fewer.estimate.expected),
            "saved_codes": found.pending - fewer.pending,
            "saved_usd": _saved(found, fewer),
        },
    }


def _saved(found: "Forecast", fewer: "Forecast") -> float | None:
    every, some = found.estimate.expected.nano, fewer.estimate.expected.nano
    return None if every is None or some is None else (every - some) / NANO


def _case(case: "Case") -> dict[str, Any]:
    return {
        "cache_hits": float(case.hit_share),
        "input_tokens": case.usage.input_tokens,
        "cache_read_tokens": case.usage.cache_read_tokens,
        "cache_write_tokens": case.usage.cache_write_tokens,
        "output_tokens": case.usage.output_tokens,
        "usd": None if case.nano is None else case.nano / NANO,
    }


def _show(found: list["Forecast"], size: int) -> None:
    table = results_table("What is pending, asked by Claude")
    for name in ("system", "model"):
        table.add_column(name, no_wrap=True)
    for name in ("codes", "calls", "messages", "batches", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        work = each.estimate.workload
        table.add_row(
            each.code_system,
            each.model.removeprefix("claude-"),
            f"{each.pending:,}",
            f"{work.requests:,}",
            _dollars(each.estimate.expected),
            " to ".join((_dollars(each.estimate.batches[0]), _dollars(each.estimate.batches[-1]))),
            f"{each.estimate.message_seconds:,.0f} s",
        )
    out = console()
    out.print(table)
    counted = (
        "the API counted the prompt"
        if found[0].counted_by == "api"
        else ("tokens by rule, 3.5 characters each: set ANTHROPIC_API_KEY to have them counted")
    )
    answers = "answers as measured" if found[0].output_by == "ledger" else "answers of usual length"
    out.print(
        f"{size} codes per request; {counted}; {answers}. Batches: at 98 % and at 0 % cache hits; "
        f"most end within an hour."
    )


def _dollars(case: "Case") -> str:
    return "unknown" if case.nano is None else f"${case.nano / NANO:,.2f}"


def _show_savings(found: list[tuple["Forecast", "Forecast"]]) -> None:
    """Say what `--ask undecided` would save; nothing where every code has to be asked."""
    for each, fewer in found:
        if each.pending == fewer.pending:
            continue
        saved = _saved(each, fewer)
        dollars = "an unknown sum" if saved is None else f"${saved:,.2f}"
        console().print(
            f"{each.code_system}, {each.model.removeprefix('claude-')}: `--ask undecided` asks "
            f"{fewer.pending:,} of {each.pending:,} codes and saves {dollars}; headings and "
            "official tables decide the others.",
            markup=False,
        )
