"""`facets load`: read a code file, say what was found, and record it as a release."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, chosen_system, settings_with
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import LoadMode

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.codes import CodeCounts
    from facets_pipeline.settings import Settings

NAMED = 3
"""Rows named per rule on a terminal; `--json` names all."""


def load(  # noqa: PLR0913 - one argument per option
    file: Annotated[
        Path | None, typer.Argument(help="Code file, or folder of releases.", show_default=False)
    ] = None,
    code_system: CodeSystem = "",
    *,
    from_sql: Annotated[
        str, typer.Option("--from-sql", help="Read this table of the store's database instead.")
    ] = "",
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", help="Load an official table: PPRRVU or RBCS.", show_default=False
        ),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="An extract: merge it.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Complete: what it lacks is gone.")] = False,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Read a code file of any known layout; report what was read, skipped and why."""
    settings = settings_with(db_url)
    if reference is not None:
        _load_reference(settings.store_url, reference, as_json=as_json)
        return
    location = _location(file, from_sql)
    system = chosen_system(code_system)
    if system is None:
        choices = " or ".join(CODE_SYSTEMS)
        raise SourceError(f"Which codes does {location!r} list? Say --code-system {choices}.")
    mode = _mode(partial=partial, full=full)
    _run(settings, system, location, mode, as_json=as_json)


def _location(file: Path | None, from_sql: str) -> str:
    if (file is None) == (not from_sql):
        raise SourceError("Nothing to load: give one code file, or --from-sql TABLE, not both.")
    # Absolute: runs started from the UI have another working folder.
    return f"sql:{from_sql}" if file is None else str(file.expanduser().absolute())


def _mode(*, partial: bool, full: bool) -> LoadMode:
    if partial and full:
        raise SourceError("--partial and --full exclude each other: choose one.")
    if partial:
        return LoadMode.PARTIAL
    return LoadMode.FULL if full else LoadMode.NEXT


def _run(
    settings: "Settings", system: str, location: str, mode: LoadMode, *, as_json: bool
) -> None:
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.runs import Runner

    with Store.open(settings.store_url) as store:
        before = store.releases.newest(system)
        config = {"raw_codes": {"path": location, "mode": mode.name}}
        Runner(settings).run("materialize_raw_codes", config, partition=system)
        release = store.releases.newest(system)
        if release is None:
            raise SourceError(f"{location!r} left no release behind: run `facets doctor`.")
        issues = store.releases.issues(release["release_id"])
        counts = store.codes.counts(system, store.today())
    known = before is not None and before["release_id"] == release["release_id"]
    document = _document(release, counts, already_loaded=known)
    if as_json:
        print_json({**document, "rows": [asdict(issue) for issue in issues]})
    else:
        _show(document, issues)


def _document(
    release: Mapping[str, Any], counts: "CodeCounts", *, already_loaded: bool
) -> dict[str, Any]:
    stated = ("code_system", "file", "format", "release", "digest", "found", "changes")
    read = ("codes", "skipped", "refused", "inactive", "still_terminated")
    return {
        **{name: release[name] for name in stated},
        **{name: release["counts"][name] for name in read},
        **asdict(counts),
        "already_loaded": already_loaded,
    }


def _show(found: Mapping[str, Any], issues: Sequence[RowIssue]) -> None:
    from rich.markup import escape

    out = console()
    out.print(
        f"[bold]{found['codes']:,} {found['code_system']} codes[/bold] in {escape(found['file'])} "
        f"({found['format']}, release {escape(found['release'])})"
        + (", loaded before: nothing changed" if found["already_loaded"] else ""),
        soft_wrap=True,
    )
    out.print(
        f"  {found['active']:,} active, {found['terminated']:,} terminated, "
        f"{found['not_yet_effective']:,} not yet effective"
    )
    columns: Mapping[str, str] = found["found"].get("columns") or {}
    if columns:
        # Found by its name is what everybody expects; only another way is worth the space.
        chosen = (
            f"{role} = {name.removesuffix(' (by its name)')}" for role, name in columns.items()
        )
        out.print(f"  columns: {', '.join(chosen)}", markup=False, soft_wrap=True)
    for note in found["found"].get("notes") or ():
        out.print(f"  note: {note}", markup=False, soft_wrap=True)
    if not found["already_loaded"]:
        changes = ", ".join(
            f"{count:,} {name}" for name, count in found["changes"].items() if count
        )
        out.print(f"  compared with what was known: {changes or 'nothing changed'}")
    for (kind, rule), rows in _by_rule(issues).items():
        out.print(f"  {kind} {len(rows):,} ({rule.replace('_', ' ')}):")
        for issue in rows[:NAMED]:
            out.print(f"    row {issue.row}: {issue.message}", markup=False, soft_wrap=True)
        if len(rows) > NAMED:
            out.print(f"    … and {len(rows) - NAMED:,} more (--json names all)")
    out.print("Next: facets generate")


def _by_rule(issues: Sequence[RowIssue]) -> Mapping[tuple[str, str], list[RowIssue]]:
    found: defaultdict[tuple[str, str], list[RowIssue]] = defaultdict(list)
    for issue in issues:
        found[issue.kind, issue.rule].append(issue)
    return found


def _load_reference(url: str, path: Path, *, as_json: bool) -> None:
    from facets_pipeline.adapters.loading import load_reference
    from facets_pipeline.adapters.store.store import Store

    with Store.open(url) as store:
        report = load_reference(store, path.expanduser().absolute())
    document = {
        "kind": report.kind,
        "file": report.file,
        "release": report.release,
        "codes": report.codes,
        "already_loaded": report.already_loaded,
    }
    if as_json:
        print_json(document)
        return
    known = ", loaded before: nothing changed" if report.already_loaded else ""
    console().print(
        f"{report.codes:,} codes of the official table {report.kind} in {report.file} "
        f"(release {report.release}){known}",
        markup=False,
        soft_wrap=True,
    )
