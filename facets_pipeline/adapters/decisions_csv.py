"""Decisions as a gold file, to measure by and to share: whole, or not at all; no descriptor text.

The columns are those that `facets evaluate --gold` reads.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from facets_pipeline.adapters.store.decisions import Recorded
from facets_pipeline.adapters.writing import csv_cell, written_whole
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.deciding import shown

COLUMNS = ("code_system", "code", "facet", "value", "basis")
"""The columns of the file; a decision for no value is spelled null."""


def write_decisions(decisions: Iterable[Recorded], path: Path) -> None:
    """Write decisions to `path`, which appears or is replaced when all is written.

    Notes are left out where the code system's text is not public: they may quote it.

    Raises:
        StoreError: The file cannot be written.
    """
    with written_whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_cells(made) for made in decisions)


def _cells(made: Recorded) -> Iterable[str]:
    basis = f"decided by {made.decided_by} on {made.decided_at.date().isoformat()}"
    is_public = made.code_system in CODE_SYSTEMS and CODE_SYSTEMS[made.code_system].public_text
    if made.note and is_public:
        basis += f": {made.note}"
    return map(csv_cell, (made.code_system, made.code, made.facet, shown(made.value), basis))
