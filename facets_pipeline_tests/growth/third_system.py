"""A third code system, registered by its one entry, and code files of any number of its codes.

Its codes have eight characters, so that whatever takes five for granted shows.
"""

import csv
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.sample import sample_file

LONGCODE: Final = CodeSystem(
    "LONGCODE",
    "Invented codes of eight characters",
    r"[A-Z]{2}[0-9]{6}",
    r"[0-9A-Z]{3}",
    public_text=True,
)
"""The system; no code of it is one of another system."""

MOST: Final = 26 * 26 * 1_000_000
"""Codes that there are."""


def register() -> None:
    """Add the system's one entry.

    Call it before anything but the domain is imported: partitions and API are made from the
    entries when their modules load, as they are from those in the file.
    """
    CODE_SYSTEMS[LONGCODE.name] = LONGCODE


def code_at(number: int) -> str:
    """Return a code by its number, from 0 to below `MOST`; neighbours differ in their letters."""
    letters, digits = number % 676, number // 676
    return f"{chr(65 + letters // 26)}{chr(65 + letters % 26)}{digits:06d}"


def write_codes(path: Path, count: int, *, edition: str = "") -> None:
    """Write a code file of `count` codes with the sample's descriptors, each made its own.

    Args:
        path: The file.
        count: How many codes.
        edition: Added to the descriptor of every hundredth code: a later release.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "short_descriptor", "long_descriptor"])
        for number, (short, long) in enumerate(islice(descriptors(), count)):
            added = edition if number % 100 == 0 else ""
            writer.writerow([code_at(number), short, f"{long}, form {number}{added}"])


def descriptors() -> Iterator[tuple[str, str]]:
    """Yield the shipped descriptors, short and long, again and again, for ever."""
    known: list[tuple[str, str]] = []
    for system in ("HCPCS", "CPT"):
        with sample_file(system).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            known += [(row["short_descriptor"], row["long_descriptor"]) for row in rows]
    yield from cycle(known)
