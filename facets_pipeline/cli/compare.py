"""`facets compare`: two sources, recipes or releases: how far they agree, and where they differ."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import CodeSystem, DatabaseUrl, Json, loaded_systems, settings_with
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.evaluation import Source

if TYPE_CHECKING:
    from facets_pipeline.adapters.comparing import ReleaseChange
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.domain.agreement import Comparison, Difference

Pair = tuple[str, str]


@dataclass(slots=True)
class _Compared:
    """One code system on its way: titles of both sides, figures, and the first differing cells."""

    code_system: str
    one: str
    other: str
    comparison: "Comparison"
    cells: Iterator["Difference"]
    release: "ReleaseChange | None" = None
    named: list["Difference"] = field(default_factory=list["Difference"])


Sources = Annotated[
    tuple[Source, Source],
    typer.Option("--sources", metavar="A B", help=f"Two of: {', '.join(Source)}."),
]

Recipes = Annotated[
    Pair | None,
    typer.Option(
        "--recipes",
        metavar="A B",
        help="Two recipes, by the beginning of the id, or by words of model or label, as 'haiku' "
        "or 'codebook 1.2'.",
        show_default=False,
    ),
]

Releases = Annotated[
    Pair | None,
    typer.Option(
        "--releases",
        metavar="A B",
        help="Two loaded releases, by label or file: what the new texts change.",
        show_default=False,
    ),
]

Limit = Annotated[int, typer.Option("--limit", min=0, help="Differing cells shown.")]

Csv = Annotated[
    Path | None,
    typer.Option("--csv", help="Write every differing cell here.", show_default=False),
]


def compare(  # noqa: PLR0913 - one argument per option
    *,
    sources: Sources = (Source.RULES, Source.CLAUDE),
    recipes: Recipes = None,
    releases: Releases = None,
    code_system: CodeSystem = "",
    limit: Limit = 20,
    csv: Csv = None,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Compare two sources, recipes or releases: agreement, Cohen's kappa, and what differs."""
    from facets_pipeline.adapters.differences_csv import written_through
    from facets_pipeline.adapters.store.store import Store

    if recipes and releases:
        raise SettingsError("--recipes and --releases exclude each other: choose one.")
    settings = settings_with(db_url)
    with Store.open(settings.store_url) as store:
        systems = loaded_systems(store, code_system)
        found = _all(store, systems, sources, recipes, releases)
        cells = _read(found, limit)
        for _ in cells if csv is None else written_through(cells, csv.expanduser()):
            pass
    if as_json:
        print_json({"systems": [_document(each) for each in found]})
        return
    for each in found:
        _show(each)
    if csv is not None:
        console().print(f"Every differing cell: {csv}", markup=False, soft_wrap=True)


def _all(
    store: "Store",
    systems: list[str],
    sources: tuple[Source, Source],
    recipes: Pair | None,
    releases: Pair | None,
) -> list[_Compared]:
    """Prepare every code system that can be compared; the first reason why not if none can."""
    found: list[_Compared] = []
    reasons: list[SourceError | SettingsError] = []
    for system in systems:
        try:
            if releases:
                found.append(_releases(store, system, releases))
            else:
                found.append(_sides(store, system, sources, recipes))
        except (SourceError, SettingsError) as error:
            reasons.append(error)
    if not found:
        raise reasons[0]
    return found


def _sides(
    store: "Store", system: str, sources: tuple[Source, Source], recipes: Pair | None
) -> _Compared:
    from facets_pipeline.adapters import comparing
    from facets_pipeline.adapters.store.answers import Answers

    if recipes:
        known = Answers(store.database).recipes(system)
        chosen = [comparing.chosen_recipe(known, wanted) for wanted in recipes]
        one, other = (comparing.recipe_side(store, each) for each in chosen)
    else:
        one, other = (comparing.source_side(store, source, system) for source in sources)
        store.flat.refresh(system, store.today())
    figures, cells = comparing.compare(store, system, store.today(), one, other)
    return _Compared(system, one.title, other.title, figures, cells)


def _releases(store: "Store", system: str, releases: Pair) -> _Compared:
    from facets_pipeline.adapters import comparing
    from facets_pipeline.adapters.store.release_codes import ReleaseCodes

    reader = ReleaseCodes(store.database)
    (first, before), (second, after) = (reader.release(system, wanted) for wanted in releases)
    active = store.recipes.active(system)
    by_model = active is not None and active.recipe.annotator != Source.RULES
    side = comparing.source_side(store, Source.CLAUDE if by_model else Source.RULES, system)
    figures, change, cells = comparing.compare_releases(store, system, (first, second), side.read)
    titles = (f"{before}, by {side.title}", f"{after}, by {side.title}")
    return _Compared(system, *titles, figures, cells, change)


def _read(found: list[_Compared], limit: int) -> Iterator["Difference"]:
    for each in found:
        for cell in each.cells:
            if len(each.named) < limit:
                each.named.append(cell)
            yield cell


def _show(each: _Compared) -> None:
    from facets_pipeline.cli.tables import show_table
    from facets_pipeline.report import agreement_tables

    out = console()
    out.print(f"{each.code_system}: {each.one} against {each.other}", markup=False, soft_wrap=True)
    if each.release is not None:
        change = each.release
        out.print(
            f"{change.reworded:,} codes have another text, {change.added:,} came, "
            f"{change.gone:,} went."
        )
    out.print(agreement_tables.summary(each.comparison), markup=False, soft_wrap=True)
    show_table(agreement_tables.agreement_table(each.comparison, "Agreement by facet"), 4)
    show_table(agreement_tables.difference_table(each.named, each.one, each.other), 2, 3)


def _document(each: _Compared) -> dict[str, Any]:
    from facets_pipeline.report.agreement_json import comparison_document, difference_document

    release: dict[str, Any] = {}
    if each.release is not None:
        change = each.release
        release = {"reworded": change.reworded, "added": change.added, "gone": change.gone}
    return {
        "code_system": each.code_system,
        "one": each.one,
        "other": each.other,
        **release,
        **comparison_document(each.comparison),
        "differences": [difference_document(cell) for cell in each.named],
    }
