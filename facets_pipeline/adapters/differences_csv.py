"""Differing cells as a CSV file, written as they come: whole, or not at all."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from facets_pipeline.adapters.writing import csv_cell, written_whole
from facets_pipeline.domain.agreement import Difference

COLUMNS = ("code_system", "code", "facet", "one", "other", "basis_of_one", "basis_of_other")
"""The columns of the file; an empty value means no value."""


def written_through(found: Iterable[Difference], path: Path) -> Iterator[Difference]:
    """Yield `found` unchanged, and write each to `path` on the way.

    Raises:
        StoreError: The file cannot be written.
    """
    with written_whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for each in found:
            one, other = each.one, each.other
            cells = (one.value, other.value, one.basis, other.basis)
            writer.writerow(map(csv_cell, (each.code_system, each.code, each.facet, *cells)))
            yield each
