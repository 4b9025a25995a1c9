"""The files of the coverage report, and what goes into them. When they are made: the asset."""

import glob
import os
import socket
from pathlib import Path

from facets_pipeline.adapters.evaluating import measured
from facets_pipeline.adapters.store.owners import process_start
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.coverage import CoverageFigures
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report.html import render_html
from facets_pipeline.report.markdown import render_markdown

HTML_NAME, MARKDOWN_NAME = "coverage_report.html", "coverage_report.md"
"""Names of the files in the folder of the reports."""


def coverage_figures(store: Store) -> CoverageFigures:
    """Count everything that the report says, for the code systems that have a source."""
    with store.database.read() as connection:
        made_at = store.database.now(connection)
    systems = [store.figures.of_system(name, store.today()) for name in CODE_SYSTEMS]
    accuracy, trend = measured(store, store.today())
    return CoverageFigures(
        made_at=made_at,
        codebook_version=CODEBOOK.version,
        systems=tuple(system for system in systems if system.source is not None),
        costs=store.figures.costs(),
        accuracy=accuracy,
        trend=trend,
    )


def write_report(figures: CoverageFigures, folder: Path) -> tuple[Path, Path]:
    """Write the report as HTML and Markdown into `folder`; return both paths.

    Raises:
        StoreError: The folder cannot be written.
    """
    html, markdown = folder / HTML_NAME, folder / MARKDOWN_NAME
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
    ours = f"{path.name}.{socket.gethostname()}."
    _remove_left_by_dead(path.parent, ours)
    beside = path.with_name(f"{ours}{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _remove_left_by_dead(folder: Path, ours: str) -> None:
    """Remove what processes of this host were writing when they were killed."""
    for left in folder.glob(f"{glob.escape(ours)}*"):
        pid = left.name.removeprefix(ours)
        if pid.isdecimal() and not process_start(int(pid)):
            left.unlink(missing_ok=True)
