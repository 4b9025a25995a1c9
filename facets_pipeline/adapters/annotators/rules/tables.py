"""The structure of the code systems as tables: which heading a code stands under, and what it says.

Belongs here: reading the heading tables and looking a code up in them. What the words of a
descriptor say is `words`; how both become an opinion is `opinion`. The tables are written in plain
words of our own; "usual" global periods and sizes are the most frequent ones among the codes of a
range in the CMS physician fee schedule (RVU25D), never a list per code.
"""

import csv
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

FACET_OF_KEY: Mapping[str, str] = {
    "category": "procedure_category",
    "system": "body_system",
    "region": "body_region",
    "modality": "imaging_modality",
    "contrast": "uses_contrast",
    "approach": "surgical_approach",
    "major": "is_major_surgery",
    "complexity": "complexity_level",
    "location": "service_location",
    "level": "em_level",
    "patient": "em_patient_type",
    "global": "usual_global",
    "size": "usual_size",
}
"""Key in a table to what it decides: a facet, or one of the two usual values of surgery."""

NOTHING = "-"
"""A value in a table that says: decided, and it is null."""

OPEN = "?"
"""A value in a table that says: what a wider row decides does not hold here, ask the words."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One row of a heading table: a range of codes and what its heading decides.

    Attributes:
        first: First code of the range.
        last: Last code of the range; both have the same form.
        title: The heading in plain words.
        values: Facet (or usual value) to the value as text; `NOTHING` for a decided null.
    """

    first: str
    last: str
    title: str
    values: Mapping[str, str]

    @property
    def width(self) -> int:
        """How many code numbers the range spans; the narrower row wins."""
        return _number(self.last) - _number(self.first)

    @property
    def basis(self) -> str:
        """The row as a basis for people."""
        span = self.first if self.first == self.last else f"{self.first}-{self.last}"
        return f"heading: {span} {self.title}"


Found = Mapping[str, tuple[str, Heading]]
"""Facet (or usual value) to the value and to the narrowest row that gives it."""


def _form(code: str) -> str:
    """Return the code without its digits: what tells `0042T` from `00420` and `A0042`."""
    return re.sub(r"[0-9]", "", code) + str(code[:1].isalpha())


def _number(code: str) -> int:
    return int(re.sub(r"[^0-9]", "", code))


class HeadingTable:
    """All rows of one code form, cut into stretches whose codes all have the same headings."""

    def __init__(self, rows: Iterable[Heading]) -> None:
        widest_first = sorted(rows, key=lambda row: row.width, reverse=True)
        self._spans = [(_number(row.first), _number(row.last), row) for row in widest_first]
        edges = {low for low, _, _ in self._spans} | {high + 1 for _, high, _ in self._spans}
        self._edges = sorted(edges)
        self._stretches: dict[int, Found] = {}

    def find(self, number: int) -> Found:
        """Return what the rows around code `number` decide, facet by facet the narrowest."""
        stretch = bisect_right(self._edges, number)
        if stretch not in self._stretches:
            found: dict[str, tuple[str, Heading]] = {}
            for low, high, row in self._spans:
                if low <= number <= high:
                    found.update({facet: (value, row) for facet, value in row.values.items()})
            self._stretches[stretch] = {
                facet: (value, row) for facet, (value, row) in found.items() if value != OPEN
            }
        return self._stretches[stretch]


def _parse(values: str) -> dict[str, str]:
    pairs = (pair.split("=", 1) for pair in values.split())
    return {FACET_OF_KEY[key]: value for key, value in pairs}


def read_headings(text: str) -> Iterator[Heading]:
    """Yield the rows of one heading table in CSV."""
    for row in csv.DictReader(text.splitlines()):
        yield Heading(row["first"], row["last"], row["heading"], _parse(row["values"]))


def table_files() -> list[Traversable]:
    """Return every table that ships with this annotator, in the order of their names."""
    folder = files(__name__.rpartition(".")[0]).joinpath("tables")
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".csv"))
    return sorted(found, key=lambda entry: entry.name)


@cache
def _tables() -> Mapping[str, HeadingTable]:
    rows: dict[str, list[Heading]] = {}
    for entry in table_files():
        if entry.name.startswith(("cpt_", "hcpcs_")):
            for row in read_headings(entry.read_text(encoding="utf-8")):
                rows.setdefault(_form(row.first), []).append(row)
    return {form: HeadingTable(found) for form, found in rows.items()}


def headings_of(code: str) -> Found:
    """Return what the headings around `code` decide; empty for a form without a table."""
    table = _tables().get(_form(code))
    return table.find(_number(code)) if table is not None else {}
