"""`facets store`: bring a store up to date, move it to another database, back it up."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import DatabaseUrl, Json, settings_with
from facets_pipeline.cli.terminal import console, print_json, results_table, tell

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.copying import CopiedTable
    from facets_pipeline.adapters.store.store import Store

TOLD_EVERY_SECONDS = 2.0
"""How often a copy says how far it is."""

store = typer.Typer(help="The store: migrate, copy, back up.", no_args_is_help=True)


@store.command("migrate")
def migrate(*, db_url: DatabaseUrl = "", as_json: Json = False) -> None:
    """Create the store, or bring it to the schema of this version; the step of a deployment.

    Nothing happens where it is current. The table of facets is made again where the codebook has
    changed, from what is in the ledger: nothing is asked.
    """
    from facets_pipeline.adapters.store.migrations.revision import HEAD
    from facets_pipeline.adapters.store.standing import step_of
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(db_url)
    before = step_of(settings.store_url)
    with Store.open(settings.store_url) as opened:
        rows = _make_facets(opened)
        address = opened.database.url.render_as_string(hide_password=True)
    done = {None: "created", HEAD: "current"}.get(before, "migrated")
    if as_json:
        print_json({"store": address, "done": done, "from": before, "to": HEAD, "rows": rows})
        return
    words = {
        "created": f"The store {address} was created, at schema step {HEAD}.",
        "current": f"The store {address} is current, at schema step {HEAD}.",
        "migrated": f"The store {address} was migrated from schema step {before} to {HEAD}.",
    }
    console().print(words[done], markup=False, soft_wrap=True)


@store.command("copy")
def copy(
    url: Annotated[str, typer.Argument(help="Address of an empty database, or of a new file.")],
    *,
    from_db_url: Annotated[
        str,
        typer.Option(
            "--from-db-url",
            "--db-url",
            metavar="URL",
            help="The store that is copied; default: the one that is configured.",
            show_default=False,
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be copied, and stop.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy everything to another database, ledger and open batches included: all or nothing.

    The store is locked against writers meanwhile, and is unchanged afterwards. Go on with the copy
    alone: what is asked from both is paid for twice. Leave a password to PGPASSWORD or a password
    file: what stands in a command is visible to others on the machine.
    """
    from facets_pipeline.adapters.store.copying import copy_store
    from facets_pipeline.adapters.store.store import Store

    settings = settings_with(from_db_url)
    began = time.monotonic()
    say = None if as_json else _Teller().say
    copied = copy_store(settings.store_url, url, dry_run=dry_run, progress=say)
    if not dry_run:
        with Store.open(url) as opened:
            _make_facets(opened)
    document = _document(settings.store_url, url, copied, dry_run=dry_run)
    document["seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        print_json(document)
    else:
        _show_copy(document, copied)


@store.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The new file.")],
    *,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Write a SQLite store to a file, while others may go on working. For Postgres: pg_dump."""
    from facets_pipeline.adapters.store.backup import back_up

    settings = settings_with(db_url)
    size = back_up(settings.store_url, file.expanduser())
    if as_json:
        print_json({"file": str(file), "bytes": size})
        return
    console().print(f"{file}: {size / 1e6:,.1f} MB", markup=False, soft_wrap=True)
    tell("It holds descriptors and every answer: keep it where your licence allows.")


class _Teller:
    """Tells every few seconds how far a copy is."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def say(self, table: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            tell(f"{done:,} of {total:,} rows ({table})")


def _make_facets(opened: "Store") -> int:
    """Make the derived table of facets, where there is something to derive it from."""
    rows = 0
    opened.flat.ensure()
    for name in opened.releases.loaded():
        rows += opened.flat.refresh(name, opened.today()).rows
    return rows


def _document(
    source: str, target: str, copied: "list[CopiedTable]", *, dry_run: bool
) -> dict[str, Any]:
    from facets_pipeline.adapters.store.urls import shown, store_url

    return {
        "from": shown(store_url(source)),
        "to": shown(store_url(target)),
        "dry_run": dry_run,
        "rows": sum(table.rows for table in copied),
        "tables": [asdict(table) for table in copied],
    }


def _show_copy(document: dict[str, Any], copied: "list[CopiedTable]") -> None:
    table = results_table("Would be copied" if document["dry_run"] else "Copied")
    table.add_column("table")
    table.add_column("rows", justify="right")
    if not document["dry_run"]:
        table.add_column("fingerprint of both")
    for each in copied:
        if each.rows:
            table.add_row(each.name, f"{each.rows:,}", *([each.digest[:16]] if each.digest else []))
    out = console()
    out.print(table)
    out.print(f"{document['rows']:,} rows, {document['from']} -> {document['to']}", soft_wrap=True)
    if not document["dry_run"]:
        out.print(
            f"Next: set FACETS_DATABASE_URL to {document['to']} (with its password, if any), and "
            "ask nothing more from the old store: it would be paid for twice.",
            markup=False,
            soft_wrap=True,
        )
