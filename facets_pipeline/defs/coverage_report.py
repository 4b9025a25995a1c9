"""The asset `coverage_report`: how complete, valid and expensive the facets are, for people."""

import os
from pathlib import Path

import dagster as dg

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.metadata import Result, coverage_metadata
from facets_pipeline.defs.resources import StoreResource, today
from facets_pipeline.defs.validated_facets import validated_facets
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.coverage import CoverageFigures
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report.html import render_html
from facets_pipeline.report.markdown import render_markdown
from facets_pipeline.settings import Settings

COVERAGE_THRESHOLD = 0.99
"""Least share of active codes with a valid answer before the check turns red."""

COVERAGE_REACHED = dg.AssetCheckSpec(
    "coverage_reached",
    asset="coverage_report",
    description=f"At least {COVERAGE_THRESHOLD:.0%} of the active codes of each loaded code "
    "system have a valid answer.",
)


@dg.asset(
    deps=[validated_facets],
    check_specs=[COVERAGE_REACHED],
    automation_condition=FOLLOWS,
    group_name="reports",
    kinds={"html", "markdown"},
    owners=["team:clinical-data"],
    description="Completeness, validity, value distributions and cost, as one HTML file that "
    "opens offline and as Markdown.",
)
def coverage_report(store: StoreResource) -> Result:
    """Count, and write the report."""
    with plain_failures(), store.open() as opened:
        figures = coverage_figures(opened)
        html, markdown = write_report(figures, Settings.load().reports_dir)
    short = {
        system.code_system: system.coverage
        for system in figures.systems
        if system.coverage < COVERAGE_THRESHOLD
    }
    return Result(
        metadata=coverage_metadata(figures, str(html), str(markdown)),
        check_results=[
            dg.AssetCheckResult(
                check_name=COVERAGE_REACHED.name,
                passed=bool(figures.systems) and not short,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"threshold": COVERAGE_THRESHOLD, "below": dg.MetadataValue.json(short)},
            )
        ],
    )


def coverage_figures(store: Store) -> CoverageFigures:
    """Count everything that the report says, for the code systems that have a source."""
    with store.database.read() as connection:
        made_at = store.database.now(connection)
    systems = [store.figures.of_system(name, today()) for name in CODE_SYSTEMS]
    return CoverageFigures(
        made_at=made_at,
        codebook_version=CODEBOOK.version,
        systems=tuple(system for system in systems if system.source is not None),
        costs=store.figures.costs(),
    )


def write_report(figures: CoverageFigures, folder: Path) -> tuple[Path, Path]:
    """Write the report as HTML and Markdown into `folder`; return both paths.

    Raises:
        StoreError: The folder cannot be written.
    """
    html = folder / "coverage_report.html"
    markdown = folder / "coverage_report.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(html, render_html(figures))
        _replace(markdown, render_markdown(figures))
    except OSError as error:
        raise StoreError(
            f"The report cannot be written to {str(folder)!r} ({error.strerror}): make the folder "
            f"writable, or set FACETS_DATA_DIR to another one."
        ) from error
    return html.resolve(), markdown.resolve()


def _replace(path: Path, text: str) -> None:
    # Written beside and moved: whoever has the report open never sees half of a new one. Each
    # process has a name of its own, for several may report at once.
    beside = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
