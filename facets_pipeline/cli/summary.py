"""The coverage table that `demo`, `generate` and `status` end with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facets_pipeline.cli.terminal import console, results_table, share
from facets_pipeline.domain.code_systems import CODE_SYSTEMS

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
        in_review: Codes that a person should look at.
        pending: Codes that are still to be asked, stale ones too.
    """

    code_system: str
    annotator: str
    release: str
    codes: int
    with_facets: int
    valid: int
    stale: int
    in_review: int
    pending: int


def summary(store: "Store") -> list[SystemSummary]:
    """Return a line per loaded code system; the flat table is brought up to date before."""
    found: list[SystemSummary] = []
    for name in CODE_SYSTEMS:
        newest = store.releases.newest(name)
        if newest is None:
            continue
        store.flat.refresh(name, store.today())
        figures = store.figures.of_system(name, store.today())
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
                pending=figures.pending + figures.stale,
            )
        )
    return found


def show_summary(systems: list[SystemSummary]) -> None:
    """Print the table; it fits 80 columns."""
    table = results_table("Coverage")
    table.add_column("system")
    for name in ("codes", "valid", "stale", "in review", "pending", "coverage"):
        table.add_column(name, justify="right")
    table.add_column("answered by", overflow="fold")
    for system in systems:
        table.add_row(
            system.code_system,
            f"{system.codes:,}",
            f"{system.valid:,}",
            f"{system.stale:,}",
            f"{system.in_review:,}",
            f"{system.pending:,}",
            share(system.valid, system.codes),
            system.annotator,
        )
    console().print(table)
