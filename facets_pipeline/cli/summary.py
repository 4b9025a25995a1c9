"""The coverage table that `demo`, `generate` and `status` end with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facets_pipeline.cli.terminal import console, results_table, share
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.engine.ports import Scope

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.store import Store


@dataclass(frozen=True, slots=True)
class SystemSummary:
    """One code system in a line; counts are of active codes.

    Attributes:
        code_system: Its name.
        annotator: Who answers.
        release: Label of its newest release.
        codes: Active codes.
        with_facets: Codes that have facets, stale ones too.
        valid: Codes with a valid answer under the active recipe.
        stale: Codes with an answer under an older recipe or descriptor only.
        in_review: Codes without a valid answer that a person should look at.
        in_doubt: Codes with a valid answer of which a person should look at a facet.
        pending: Codes that are still to be asked, stale ones too.
        in_batch: Of these, codes that a live batch asks about.
    """

    code_system: str
    annotator: str
    release: str
    codes: int
    with_facets: int
    valid: int
    stale: int
    in_review: int
    in_doubt: int
    pending: int
    in_batch: int


def summary(store: "Store") -> list[SystemSummary]:
    """Return a line per loaded code system; the flat table is brought up to date before."""
    found: list[SystemSummary] = []
    for name in CODE_SYSTEMS:
        newest = store.releases.newest(name)
        if newest is None:
            continue
        store.flat.refresh(name, store.today())
        figures = store.figures.of_system(name, store.today(), with_examples=False)
        found.append(
            SystemSummary(
                code_system=name,
                annotator=figures.annotator,
                release=str(newest["release"]),
                codes=figures.active,
                with_facets=figures.answered + figures.stale,
                valid=figures.answered,
                stale=figures.stale,
                in_review=figures.in_review,
                in_doubt=figures.in_doubt,
                pending=figures.pending + figures.stale,
                in_batch=_in_batch(store, name),
            )
        )
    return found


def _in_batch(store: "Store", code_system: str) -> int:
    active = store.recipes.active(code_system)
    if active is None:
        return 0
    return store.ledger.in_batch(Scope(code_system, store.today()), active.recipe_id)


def show_summary(systems: list[SystemSummary]) -> None:
    """Print the table; it fits 80 columns: what is zero everywhere and usually is has no column."""
    columns = {
        "codes": [system.codes for system in systems],
        "valid": [system.valid for system in systems],
        "stale": [system.stale for system in systems],
        "in review": [system.in_review for system in systems],
        "in doubt": [system.in_doubt for system in systems],
        "pending": [system.pending for system in systems],
        "in batch": [system.in_batch for system in systems],
    }
    for name in ("stale", "in doubt", "in batch"):
        if not any(columns[name]):
            del columns[name]
    table = results_table("Coverage")
    table.add_column("system", no_wrap=True)
    for name in (*columns, "coverage"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("answered by", overflow="fold")
    for index, system in enumerate(systems):
        table.add_row(
            system.code_system,
            *(f"{numbers[index]:,}" for numbers in columns.values()),
            share(system.valid, system.codes),
            system.annotator,
        )
    console().print(table)
