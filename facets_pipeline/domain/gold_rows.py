"""What the rows of gold files mean: spelling, duplicates, contradictions; no row is lost silently.

What belongs here: one statement of a file becoming a label or an issue. How a file is laid out is
an adapter's business.
"""

import re
from collections.abc import Mapping

from facets_pipeline.domain.accuracy import NULL_SPELLINGS, Cell
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.gold import GoldIssue, GoldLabels, GoldRow
from facets_pipeline.domain.opinions import FacetValue
from facets_pipeline.domain.quoting import quoted

_TRUTH: Mapping[str, FacetValue] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
"""What gold files write for truth values, in any case."""


class GoldReader:
    """Takes rows one by one, and returns the labels at the end."""

    def __init__(self, codebook: Codebook) -> None:
        self._facets = {_compact(facet.name): facet for facet in codebook.facets} | {
            _compact(facet.title): facet for facet in codebook.facets
        }
        self._values = {facet.name: _spellings(facet) for facet in codebook.facets}
        self._names = codebook.names
        self._category = codebook.category.name
        self._said: dict[Cell, list[tuple[FacetValue | None, bool, GoldRow]]] = {}
        self._issues: list[GoldIssue] = []
        self._files: dict[str, None] = {}
        self._rows = 0

    def refuse(self, issue: GoldIssue) -> None:
        """Record a row that could not even be read as a statement."""
        self._files[issue.file] = None
        self._rows += 1
        self._issues.append(issue)

    def take(self, row: GoldRow) -> None:
        """Take one statement into account."""
        self._files[row.file] = None
        self._rows += 1
        try:
            system, code = self._code(row)
            facet = self._facet(row)
            value = self._value(row, facet)
        except _RefusedError as refused:
            self._issues.append(GoldIssue(row.file, row.row, refused.rule, refused.message))
            return
        said = self._said.setdefault((system, code, facet.name), [])
        said.append((value, row.value is None, row))

    def labels(self) -> GoldLabels:
        """Return all labels; cells about which rows contradict each other are left out."""
        values: dict[Cell, FacetValue | None] = {}
        empty: set[Cell] = set()
        notes: dict[Cell, str] = {}
        for cell, said in self._said.items():
            if len({(type(value), value) for value, _, _ in said}) > 1:
                self._contradict(cell, said)
                continue
            value, _, first = said[0]
            if all(listed for _, listed, _ in said):
                empty.add(cell)
            else:
                values[cell] = value
            if first.note:
                notes[cell] = first.note
            self._duplicates(cell, [row for _, _, row in said])
        issues = tuple(sorted(self._issues, key=lambda issue: (issue.file, issue.row)))
        return GoldLabels(values, frozenset(empty), notes, tuple(self._files), self._rows, issues)

    def _contradict(self, cell: Cell, said: list[tuple[FacetValue | None, bool, GoldRow]]) -> None:
        spelled = " and ".join(sorted({_shown(value) for value, _, _ in said}))
        for _, _, row in said:
            message = f"{' '.join(cell)} is labelled {spelled}: none of these rows is used"
            self._issues.append(GoldIssue(row.file, row.row, "contradiction", message))

    def _duplicates(self, cell: Cell, rows: list[GoldRow]) -> None:
        for row in rows[1:]:
            message = f"{' '.join(cell)} is labelled alike in row {rows[0].row}: counted once"
            self._issues.append(GoldIssue(row.file, row.row, "duplicate", message))

    def _code(self, row: GoldRow) -> tuple[str, str]:
        code = row.code.strip().upper()
        fitting = [system.name for system in CODE_SYSTEMS.values() if system.is_code(code)]
        stated = _compact(row.code_system)
        if not stated:
            if not fitting:
                raise _RefusedError(
                    "not_a_code", f"{quoted(row.code)} has the form of no known code"
                )
            self._note(row, "system_inferred", f"{code} was taken for {fitting[0]}, by its form")
            return fitting[0], code
        system = _SYSTEMS.get(stated)
        if system is None:
            choices = ", ".join(CODE_SYSTEMS)
            raise _RefusedError(
                "unknown_code_system", f"{quoted(row.code_system)} is no code system: use {choices}"
            )
        if system not in fitting:
            hint = "; were leading zeros lost?" if code.isdigit() and len(code) < 5 else ""
            raise _RefusedError(
                "not_a_code", f"{quoted(row.code)} has not the form of {system}{hint}"
            )
        if (row.code_system.strip(), row.code.strip()) != (system, code):
            self._respelled(row, f"{row.code_system} {row.code}", f"{system} {code}")
        return system, code

    def _facet(self, row: GoldRow) -> Facet:
        facet = self._facets.get(_compact(row.facet))
        if facet is None:
            raise _RefusedError(
                "unknown_facet", f"{quoted(row.facet)} is no facet: use {', '.join(self._names)}"
            )
        if facet.name != row.facet.strip():
            self._respelled(row, row.facet, facet.name)
        return facet

    def _value(self, row: GoldRow, facet: Facet) -> FacetValue | None:
        if row.value is None:
            return None
        spelled = row.value.strip()
        value = self._values[facet.name].get(_compact(spelled))
        if value is not None:
            if spelled not in (_shown(value), str(value)):
                self._respelled(row, spelled, _shown(value))
            return value
        if spelled.lower() not in NULL_SPELLINGS:
            choices = ", ".join(map(_shown, facet.vocabulary))
            raise _RefusedError(
                "unknown_value", f"{facet.name} has no value {quoted(spelled)}: use {choices}"
            )
        if facet.name == self._category:
            raise _RefusedError("unknown_value", f"{facet.name} is empty: every code has one")
        return None

    def _respelled(self, row: GoldRow, written: str, read: str) -> None:
        self._note(row, "other_spelling", f"{quoted(written)} was read as {read!r}")

    def _note(self, row: GoldRow, rule: str, message: str) -> None:
        self._issues.append(GoldIssue(row.file, row.row, rule, message))


class _RefusedError(Exception):
    """A row that cannot be used, with the rule and the sentence that say why."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def _spellings(facet: Facet) -> dict[str, FacetValue]:
    spelled = {_compact(str(value)): value for value in facet.vocabulary}
    return {**spelled, **(_TRUTH if facet.is_truth_value else {})}


def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _shown(value: FacetValue | None) -> str:
    return "no value" if value is None else shown(value)


_SYSTEMS = {
    spelled: system.name
    for system in CODE_SYSTEMS.values()
    for spelled in (_compact(system.name), _compact(system.title))
} | {"cpt4": "CPT", "hcpcs2": "HCPCS", "hcpcsii": "HCPCS", "hcpcslevel2": "HCPCS"}
"""How a gold file may spell a code system, letters and digits only."""
