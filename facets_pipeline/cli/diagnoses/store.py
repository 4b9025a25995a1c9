"""The store: whether it is there, of this version, writable; and what in it needs a person."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis, guarded
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.money import NANO

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.recipes import ActiveRecipe
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.domain.models import ModelTable
    from facets_pipeline.settings import Settings

LONGEST_BATCH: Final = timedelta(hours=24)
"""After this the API ends a batch, answered or not."""

WARN_FROM: Final = 0.8
"""Share of the day's budget from which it is told."""


def store(settings: "Settings") -> Iterator[Diagnosis]:
    """Look at the store, and into it where that is possible."""
    from facets_pipeline.adapters.store.standing import Standing, is_read_only, standing_of
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.adapters.store.urls import shown, store_url

    address = shown(store_url(settings.store_url))
    standing = standing_of(settings.store_url)
    if standing is Standing.CURRENT and is_read_only(settings.store_url):
        remedy = "give this user the right to write it, or the address of the writer's role"
        yield Diagnosis("store", "fault", f"{address} can only be read", remedy)
        return
    if standing is not Standing.CURRENT:
        yield _not_usable(settings.store_url, standing.value)
        if standing is Standing.ABSENT:
            yield from (_no_codes(name) for name in CODE_SYSTEMS)
        return
    yield Diagnosis("store", "ok", address)
    with Store.open(settings.store_url) as opened:
        for name, look in _CONTENTS:
            yield from guarded(name, lambda look=look: look(settings, opened))


def _not_usable(stated: str, standing: str) -> Diagnosis:
    from facets_pipeline.adapters.store.urls import shown, store_url

    url = store_url(stated)
    address = shown(url)
    if standing == "newer":
        remedy = "install the newer version of facets-pipeline that wrote it"
        return Diagnosis("store", "fault", f"{address} is newer than this program", remedy)
    if standing == "older":
        found = f"{address} was written by an older version"
        return Diagnosis("store", "fault", found, "facets store migrate")
    if url.get_backend_name() == "sqlite":
        there = next(folder for folder in Path(str(url.database)).parents if folder.exists())
        if not (there.is_dir() and os.access(there, os.W_OK)):
            remedy = "make its folder writable, or set FACETS_DATA_DIR to another folder"
            return Diagnosis("store", "fault", f"{address} cannot be made", remedy)
    return Diagnosis("store", "note", f"{address} is not made yet", "facets store migrate")


def _no_codes(name: str) -> Diagnosis:
    remedy = f"facets load FILE --code-system {name}"
    return Diagnosis(f"{name} codes", "note", "no source is loaded", remedy)


def _codes(_settings: "Settings", opened: "Store") -> Iterator[Diagnosis]:
    from facets_pipeline.cli.summary import summary

    lines = {line.code_system: line for line in summary(opened)}
    for name in CODE_SYSTEMS:
        line = lines.get(name)
        if line is None:
            yield _no_codes(name)
            continue
        text = f"release {line.release}, {line.codes:,} active, {line.pending:,} pending"
        remedy = "facets generate" if line.pending else ""
        yield Diagnosis(f"{name} codes", "note" if line.pending else "ok", text, remedy)


def _loaded_files(_settings: "Settings", opened: "Store") -> Iterator[Diagnosis]:
    from facets_pipeline.adapters.sources.watching import look_at

    for name in CODE_SYSTEMS:
        newest = opened.releases.newest(name)
        if newest is None or str(newest["location"]).startswith("sql:"):
            continue
        location = Path(str(newest["location"]))
        remedy = f"facets load FILE --code-system {name}, with the place where it is now"
        if not location.exists():
            found = f"{str(location)!r}, from which {name} was loaded, is gone"
            yield Diagnosis(f"{name} file", "note", found, remedy)
            continue
        seen = look_at(str(location), None)
        written_at = seen.mtime_ns / 1e9
        # Reading a large file takes seconds: only one that was written since may differ.
        if written_at < newest["loaded_at"].timestamp() and Path(seen.path).name == newest["file"]:
            continue
        if look_at(str(location), seen).digest != newest["digest"]:
            found = f"{seen.path!r} has changed since {name} was loaded"
            yield Diagnosis(f"{name} file", "note", found, f"facets load {location}")


def _recipes(settings: "Settings", opened: "Store") -> Iterator[Diagnosis]:
    from facets_pipeline.adapters.annotators.claude.prices import model_table

    table = model_table(settings.prices_file)
    for name in CODE_SYSTEMS:
        active = opened.recipes.active(name)
        if active is not None:
            yield _recipe(table, opened, name, active)


def _recipe(table: "ModelTable", opened: "Store", name: str, active: "ActiveRecipe") -> Diagnosis:
    from facets_pipeline.defs.claude import ClaudeResource
    from facets_pipeline.defs.filling import AskingConfig, annotator_for, asked_codes
    from facets_pipeline.domain.claude_recipe import ANNOTATOR
    from facets_pipeline.domain.errors import AnnotatorError
    from facets_pipeline.engine.ports import Scope

    recipe, what = active.recipe, f"{name} recipe"
    if recipe.annotator == ANNOTATOR:
        try:
            table.refuse_retired(recipe.model, opened.today())
        except AnnotatorError as error:
            remedy = f"facets generate --code-system {name} --model MODEL"
            return Diagnosis(what, "fault", str(error), remedy)
    asking = AskingConfig()
    try:
        annotator = annotator_for(opened, name, asking, ClaudeResource())
    except AnnotatorError as error:
        return Diagnosis(what, "note", str(error))
    wanted = annotator.recipe
    if wanted.recipe_id == active.recipe_id:
        return Diagnosis(what, "ok", f"{recipe.title} ({recipe.label})")
    scope = Scope(name, opened.today(), ask=asked_codes(annotator, asking.ask))
    codes = opened.ledger.pending(scope, wanted.recipe_id)
    found = (
        f"answers stand under {recipe.title} ({recipe.label}), but the settings now make "
        f"{wanted.title} ({wanted.label}): {codes:,} codes would be asked"
    )
    return Diagnosis(what, "note", found, "facets generate --dry-run")


def _batches(_settings: "Settings", opened: "Store") -> Iterator[Diagnosis]:
    from facets_pipeline.adapters.annotators.claude.batching import list_batches
    from facets_pipeline.engine.batch_values import OPEN_STATES

    out = [batch for batch in list_batches(opened) if batch.state in OPEN_STATES]
    old = [batch for batch in out if batch.age_seconds > LONGEST_BATCH.total_seconds()]
    if old:
        found = f"{len(old)} of {len(out)} batches are out for more than a day: they have ended"
        yield Diagnosis("batches", "fault", found, "facets batches poll")
    elif out:
        yield Diagnosis("batches", "ok", f"{len(out)} are out at the API")


def _budget(settings: "Settings", opened: "Store") -> Iterator[Diagnosis]:
    from facets_pipeline.adapters.store.budgets import day_scope, spent

    with opened.database.read() as connection:
        now: datetime = opened.database.now(connection)
        kept = spent(connection, day_scope(now))
    used, limit = (kept.settled + kept.reserved) / NANO, settings.budget_usd_per_day
    found = f"${used:,.2f} of ${limit:,.2f} are spent or reserved today (UTC)"
    remedy = "raise FACETS_BUDGET_USD_PER_DAY, or go on after midnight UTC"
    if used and used >= limit:
        yield Diagnosis("budget", "fault", found, remedy)
    elif used and used >= WARN_FROM * limit:
        yield Diagnosis("budget", "note", found, remedy)
    else:
        yield Diagnosis("budget", "ok", found)


_CONTENTS: Final[tuple[tuple[str, "Callable[[Settings, Store], Iterator[Diagnosis]]"], ...]] = (
    ("codes", _codes),
    ("code files", _loaded_files),
    ("recipes", _recipes),
    ("batches", _batches),
    ("budget", _budget),
)
