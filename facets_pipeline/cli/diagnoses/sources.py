"""Code files that the settings name."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis
from facets_pipeline.domain.code_systems import CODE_SYSTEMS

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings


def sources(settings: "Settings") -> Iterator[Diagnosis]:
    """Look whether the configured files are there."""
    for name in CODE_SYSTEMS:
        source = settings.source_of(name)
        if not source or source.startswith("sql:"):
            continue
        there = Path(source).expanduser().exists()
        remedy = "" if there else f"correct FACETS_{name}_SOURCE, or unset it"
        found = source if there else f"{source!r} does not exist"
        yield Diagnosis(f"{name} source", "ok" if there else "fault", found, remedy)
