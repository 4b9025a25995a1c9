"""Differing cells as a CSV file, written as they come: whole, or not at all."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from facets_pipeline.domain.agreement import Difference
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.opinions import FacetValue

COLUMNS = (*("code_system", "code", "facet", "one", "other", "basis_of_one", "basis_of_other"),)
"""The columns of the file; an empty value means no value."""


def written_through(found: Iterable[Difference], path: Path) -> Iterator[Difference]:
    """Yield `found` unchanged, and write each to `path` on the way.

    Raises:
        StoreError: The file cannot be written.
    """
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for each in found:
                writer.writerow(_cells(each))
                yield each
        beside.replace(path)
    except OSError as error:
        raise StoreError(
            f"{str(path)!r} cannot be written ({error.strerror or error}): choose a folder that "
            "exists and is writable."
        ) from error


def _cells(each: Difference) -> tuple[str, ...]:
    return (
        each.code_system,
        each.code,
        each.facet,
        _text(each.one.value),
        _text(each.other.value),
        each.one.basis,
        each.other.basis,
    )


def _text(value: FacetValue | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
