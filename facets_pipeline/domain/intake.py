"""What makes a row of a source usable: which rows become codes, which are skipped, which refused.

Belongs here: the rules about codes, descriptors, dates and duplicates, as a stream over raw rows.
Does not belong here: how a file or a table is laid out, encoded or opened (`adapters.sources`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.domain.codes import Code, normalise_text
from facets_pipeline.domain.quoting import quoted

IssueKind = Literal["skipped", "refused", "inactive"]

_LONGEST_CELL = 40
"""Characters of a code cell that an issue keeps: where it is no code, it may be a whole page."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as a source states it, everything text, nothing judged yet.

    Attributes:
        row: Line or row of the file, from 1.
        file: File name; a member of an archive reads `archive.zip!member.csv`.
        code: The code cell.
        short: Short descriptor.
        long: Long descriptor.
        plain: Consumer or paraphrased descriptor.
        category: The source's own heading.
        effective_on: First day of use, in the source's own writing.
        terminated_on: Last day of use, in the source's own writing.
        code_system: Name of the code system, where the source has such a column.
    """

    row: int
    file: str
    code: str
    short: str = ""
    long: str = ""
    plain: str = ""
    category: str = ""
    effective_on: str = ""
    terminated_on: str = ""
    code_system: str = ""


@dataclass(frozen=True, slots=True)
class RowIssue:
    """Why a row did not become a code.

    Attributes:
        file: File name, as in `RawRow`.
        row: Line or row of the file, from 1.
        code: The code cell, as far as it could be read; no more than its beginning.
        kind: `skipped` (rightly not a code of this system), `refused` (something is wrong) or
            `inactive` (a code that is known, but not in force).
        rule: Short name of the rule, such as `modifier` or `malformed_code`.
        message: One sentence for a person, without file and row.
    """

    file: str
    row: int
    code: str
    kind: IssueKind
    rule: str
    message: str

    def __str__(self) -> str:
        return f"Row {self.row} of {self.file!r}: {self.message}"


def take_in(
    rows: Iterable[RawRow | RowIssue], system: CodeSystem, *, allow_empty: bool = False
) -> Iterator[Code | RowIssue]:
    """Turn raw rows into codes of `system`, one result per row, in the order of the source.

    Streams: what is kept in memory is one integer per code seen. Codes that are terminated
    or not yet in use are kept with their dates.

    Args:
        rows: Raw rows; the issues that a reader already found pass through.
        system: The code system that is loaded.
        allow_empty: Keep codes without any descriptor, as lists without licensed text have them.
    """
    seen: dict[str, int] = {}
    for row in rows:
        if isinstance(row, RowIssue):
            yield _presentable(row)
            continue
        code = row.code.strip()
        # Only ASCII: a dotless i, for one, would become an I and the row another code.
        code = code.upper() if code.isascii() else code
        problem = _code_problem(code, row, system)
        result = problem or _code_of(code, row, system, allow_empty=allow_empty)
        if isinstance(result, Code):
            result = _first_of_its_code(result, row, seen)
        yield result if isinstance(result, Code) else _presentable(result)


def parse_date(text: str) -> date | None:
    """Return the day that `text` names, or None if it names none (empty, zeros, the year 9999).

    Understood are `20260131`, `2026-01-31`, `2026/01/31` and, since the sources are American,
    `01/31/2026`; a time of day behind the date is ignored.

    Raises:
        ValueError: `text` is no such date.
    """
    stripped = text.strip()
    if not stripped.strip("0"):
        return None
    match = _DATE.fullmatch(stripped)
    try:
        # Only the groups of the one writing that matched are filled, such as y2, m2 and d2.
        filled = match.groupdict().items() if match else ()
        parts = {name[0]: int(value) for name, value in filled if value}
        found = date(parts["y"], parts["m"], parts["d"])
    except (KeyError, ValueError):
        message = f"{quoted(text)} is not a date such as 20260131, 2026-01-31 or 01/31/2026"
        raise ValueError(message) from None
    return None if found.year == date.max.year else found


_DATE = re.compile(
    r"(?:(?P<y1>\d{4})(?P<m1>\d{2})(?P<d1>\d{2})"
    r"|(?P<y2>\d{4})[-/](?P<m2>\d{1,2})[-/](?P<d2>\d{1,2})"
    r"|(?P<m3>\d{1,2})/(?P<d3>\d{1,2})/(?P<y3>\d{4}))"
    r"(?:[T ]\d{1,2}:\d{2}\S*(?: [AP]M)?)?",
    re.ASCII,
)


_HASH_BITS = 64
_HASH = (1 << _HASH_BITS) - 1
"""What Python's hashes fit into."""


def _issue(row: RawRow, kind: IssueKind, rule: str, message: str) -> RowIssue:
    return RowIssue(row.file, row.row, row.code.strip(), kind, rule, message)


def _presentable(issue: RowIssue) -> RowIssue:
    """Return an issue whose code cell can be shown and stored, whatever stood in it."""
    code = _shown(issue.code[:_LONGEST_CELL])
    return issue if code == issue.code else replace(issue, code=code)


def _code_problem(code: str, row: RawRow, system: CodeSystem) -> RowIssue | None:
    named = _compact(row.code_system) if row.code_system else ""
    if named and not named.startswith(_compact(system.name)):
        message = (
            f"{quoted(code)} belongs to {quoted(row.code_system.strip())}, not to {system.name}."
        )
        return _issue(row, "skipped", "other_code_system", message)
    if system.is_code(code):
        return None
    if system.is_modifier(code):
        return _issue(row, "skipped", "modifier", f"{code!r} is a modifier, not a code.")
    for other in CODE_SYSTEMS.values():
        if other.is_code(code):
            message = f"{code!r} is a {other.name} code, not a {system.name} code."
            return _issue(row, "skipped", "other_code_system", message)
    return _issue(row, "refused", "malformed_code", _malformed(row.code, code, system))


def _malformed(given: str, code: str, system: CodeSystem) -> str:
    if not code:
        return f"There is no code in this row; a {system.title} code was expected."
    if code.isascii() and code.isdigit() and system.is_code(code.zfill(5)):
        return (
            f"{quoted(given)} has lost its leading zeros ({code.zfill(5)!r} was expected): export "
            "the code column as text."
        )
    return (
        f"{quoted(given)} does not have the form of a {system.title} code: correct the code column."
    )


def _code_of(code: str, row: RawRow, system: CodeSystem, *, allow_empty: bool) -> Code | RowIssue:
    try:
        effective_on, terminated_on = parse_date(row.effective_on), parse_date(row.terminated_on)
    except ValueError as error:
        message = f"The dates of {code!r} cannot be used: {error}."
        return _issue(row, "refused", "bad_date", message)
    result = Code(
        code_system=system.name,
        code=code,
        short_descriptor=_shown(row.short),
        long_descriptor=_shown(row.long),
        plain_descriptor=_shown(row.plain),
        category=_shown(row.category),
        effective_on=effective_on,
        terminated_on=terminated_on,
        row=row.row,
    )
    if not allow_empty and not result.descriptor:
        message = f"{code!r} has no descriptor: there is nothing to ask about; fill it in."
        return _issue(row, "refused", "empty_descriptor", message)
    return result


def _first_of_its_code(code: Code, row: RawRow, seen: dict[str, int]) -> Code | RowIssue:
    # Row and content as one integer: with a million codes, a pair would take 70 MB more.
    mine = row.row << _HASH_BITS | hash(code) & _HASH
    first = seen.setdefault(code.code, mine)
    if first == mine:
        return code
    where = f"{code.code!r} stands in row {first >> _HASH_BITS} already"
    if first & _HASH == mine & _HASH:
        return _issue(row, "skipped", "duplicate", f"{where}, with the same content.")
    message = f"{where}, with other text or dates: the first is kept; correct one of the two."
    return _issue(row, "refused", "duplicate_conflict", message)


def _shown(text: str) -> str:
    # Printable ASCII is its own normal form but for runs of spaces; most rows are nothing else.
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return normalise_text(text)


def _compact(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())
