"""`facets batches`: what is out at the API; read what has ended; stop what is no longer wanted."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.terminal import console, print_json, results_table
from facets_pipeline.domain.code_systems import CODE_SYSTEMS

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.engine.batch_values import StoredBatch
    from facets_pipeline.engine.batches import BatchReport

batches = typer.Typer(help="Message Batches: list, poll, cancel.", no_args_is_help=True)


@batches.command("list")
def list_all(*, db_url: DatabaseUrl = "", as_json: Json = False) -> None:
    """Show every batch: its state, its codes, its age."""
    from facets_pipeline.adapters.annotators.claude.batching import list_batches
    from facets_pipeline.adapters.store.store import Store

    with Store.open(settings_with(db_url).store_url) as store:
        found = list_batches(store)
    if as_json:
        print_json({"batches": [_document(batch) for batch in found]})
        return
    table = results_table("Batches")
    for name in ("batch", "state", "system"):
        table.add_column(name)
    for name in ("requests", "codes", "age"):
        table.add_column(name, justify="right")
    for batch in found:
        table.add_row(
            batch.batch_id[:12],
            batch.state.value,
            batch.code_system,
            f"{batch.requests:,}",
            f"{batch.codes:,}",
            f"{batch.age_seconds / 3600:,.1f} h",
        )
    console().print(table)


@batches.command("poll")
def poll(*, db_url: DatabaseUrl = "", as_json: Json = False) -> None:
    """Read the batches that have ended; costs nothing."""
    from facets_pipeline.adapters.annotators.claude.batching import poll_batches
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    with Store.open(settings.store_url) as store:
        report = poll_batches(
            _annotator(store), store, settle_seconds=settings.batch_settle_seconds
        )
    _show(report, as_json=as_json)


@batches.command("cancel")
def cancel(
    batch: Annotated[str, typer.Argument(help="The batch, or the beginning of its name.")],
    *,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Stop a batch: what was answered is paid and kept, the rest is pending again."""
    from facets_pipeline.adapters.annotators.claude.batching import cancel_batch
    from facets_pipeline.adapters.store.store import Store

    with Store.open(settings_with(db_url).store_url) as store:
        report = cancel_batch(_annotator(store), store, batch)
    _show(report, as_json=as_json)


def _annotator(store: "Store") -> "ClaudeAnnotator":
    from facets_pipeline.defs.claude import ClaudeResource

    # Any system will do: what is needed is the key; each batch knows its own recipe.
    return ClaudeResource().annotator(store, next(iter(CODE_SYSTEMS)))


def _show(report: "BatchReport", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "ingested": report.ingested,
                "recovered": report.recovered,
                "abandoned": report.abandoned,
                "answered": report.fill.answered,
                "in_review": report.fill.in_review,
                "returned": report.returned,
                "cost_nano_usd": report.fill.cost_nano_usd,
                "unpaid": report.unpaid,
                "waiting": [_document(batch) for batch in report.waiting],
                "problems": report.problems,
            }
        )
        return
    out = console()
    out.print(
        f"{report.ingested} batches read: {report.fill.answered:,} codes answered, "
        f"{report.fill.in_review:,} in review, {report.returned:,} pending again; "
        f"{len(report.waiting)} still out"
    )
    for problem in report.problems:
        out.print(f"  {problem}", markup=False, soft_wrap=True)


def _document(batch: "StoredBatch") -> dict[str, Any]:
    return {**asdict(batch), "state": batch.state.value}
