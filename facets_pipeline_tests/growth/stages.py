"""The stages of a code system's life, each as the command that a user types."""

import json
import subprocess
import sys
from collections.abc import Iterator

from facets_pipeline_tests.growth.measured import Measured, Place
from facets_pipeline_tests.growth.served import questions
from facets_pipeline_tests.growth.table import Stage
from facets_pipeline_tests.growth.third_system import LONGCODE, write_codes

PARTS = {
    "fill_pending": "of it: annotate",
    "reference_facets": "of it: second opinions",
    "validated_facets": "of it: validate",
    "review_queue": "of it: review queue",
    "coverage_report": "of it: report",
}
"""Step to the part of `generate` that it is."""

LOOKS = {
    "status": ("status",),
    "sample 20": ("sample", "20"),
    "estimate": ("estimate",),
    "review list": ("review", "list"),
    "export csv": ("export", "--format", "csv", "codes_out.csv"),
}
"""What reads and changes nothing."""


def stages(place: Place, codes: int, annotator: str) -> Iterator[Stage]:
    """Measure every stage with so many codes, in a folder of its own.

    Raises:
        GrowthError: A command failed.
    """
    source = place.folder / "codes.csv"
    write_codes(source, codes)
    load = ("load", str(source), "--code-system", LONGCODE.name)
    generate = ("generate", "--annotator", annotator, "--yes")
    yield _stage("load", codes, place.facets(*load), place)
    yield _stage(f"generate by {annotator}", codes, place.facets(*generate), place)
    yield from _parts(place, codes)
    yield Stage("generate again: nothing to do", codes, place.facets(*generate))
    yield Stage("load again: nothing to do", codes, place.facets(*load))
    for name, arguments in LOOKS.items():
        yield Stage(name, codes, place.facets(*arguments))
    for name, used in questions(place):
        yield Stage(name, codes, used)
    write_codes(source, codes, edition=", revised")
    yield _stage("load the next release: 1 % changed", codes, place.facets(*load), place)
    yield _stage("generate what changed", codes, place.facets(*generate), place)


def _stage(name: str, codes: int, used: Measured, place: Place) -> Stage:
    return Stage(name, codes, used, place.store_bytes / codes)


def _parts(place: Place, codes: int) -> Iterator[Stage]:
    """Yield how long each part of the last `generate` took, as Dagster recorded it."""
    told = subprocess.run(
        [sys.executable, "-m", "facets_pipeline_tests.growth.recorded_steps"],
        cwd=place.folder,
        env=place.environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for step, seconds in json.loads(told):
        if step in PARTS:
            yield Stage(PARTS[step], codes, Measured(seconds, 0.0, 0.0))
