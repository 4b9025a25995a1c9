"""A source of codes, opened: what is known about it and how its rows are read.

Belongs here: the value that every layout produces, and reading codes from it.
Does not belong here: any layout (its own module) and the rules about rows (`domain.intake`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.release import release_in
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RawRow, RowIssue, take_in

RawRows = Callable[[], Iterator[RawRow | RowIssue]]
"""Starts reading a source from its beginning; may be called any number of times."""


@dataclass(frozen=True, slots=True)
class CodeSource:
    """An opened code file or table.

    Attributes:
        format: What it was recognised as, in words, such as `CMS HCPCS ANWEB text`.
        file: Name to show: the file name, `archive.zip!member.csv` or `sql:table`.
        digest: SHA-256 (hex) of the file's bytes; of a table, of the cells read.
        release: `2026-01`, `2019`, or the file's stem where no release can be recognised.
        released_on: The day the file says it was released, else the first day of the release.
        has_dates: Whether it states until when codes may be used: only then may it revive or
            terminate a code.
        encoding: How its text was decoded; empty for workbooks, Parquet files and tables.
        columns: For each role (code, short, long, ...) the chosen column and how it was found.
        notes: What a person should know about how the file was read.
        allow_empty: Whether codes without a descriptor count (lists without licensed text).
        read: Starts reading the raw rows.
    """

    format: str
    file: str
    digest: str
    release: str
    released_on: date | None
    has_dates: bool
    read: RawRows
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    allow_empty: bool = False

    def rows(self) -> Iterator[RawRow | RowIssue]:
        """Read the raw rows from the beginning, lazily.

        Raises:
            SourceError: The file turns out to be broken on the way.
        """
        return self.read()


def code_source(content: Content, form: str, read: RawRows) -> CodeSource:
    """Return a source with what every file has: names, digest, encoding, and release by its name.

    Args:
        content: The file's bytes.
        form: What it was recognised as, in words.
        read: Starts reading its raw rows.
    """
    release = release_in(content.name)
    return CodeSource(
        format=form,
        file=content.name,
        digest=content.digest,
        release=str(release or PurePosixPath(content.name.rpartition("!")[2]).stem),
        released_on=release.starts_on if release else None,
        has_dates=False,
        read=read,
        encoding=content.encoding,
        notes=content.notes,
    )


def read_codes(source: CodeSource, system: CodeSystem) -> Iterator[Code | RowIssue]:
    """Read the codes of `system` from `source`, lazily, one result per row that says something.

    Raises:
        SourceError: The source is broken, or its end was reached without a single code.
    """
    codes = 0
    refused = 0
    first_refusal = ""
    others: Counter[str] = Counter()
    for result in take_in(source.rows(), system, allow_empty=source.allow_empty):
        if isinstance(result, Code):
            codes += 1
        elif result.rule == "other_code_system":
            others.update(_systems_of(result.code))
        elif result.kind == "refused":
            refused += 1
            first_refusal = first_refusal or str(result)
        yield result
    if codes == 0:
        raise SourceError(_no_codes(source.file, system, others, refused, first_refusal))


def _systems_of(code: str) -> list[str]:
    return [name for name, other in CODE_SYSTEMS.items() if other.is_code(code.upper())]


def _no_codes(
    file: str, system: CodeSystem, others: Counter[str], refused: int, first_refusal: str
) -> str:
    for name, count in others.most_common(1):
        return (
            f"{file!r} holds {count} {name} codes and no {system.name} code: "
            f"load it with --code-system {name}."
        )
    if refused:
        return (
            f"{file!r} holds no usable {system.name} code, and {refused} of its rows were refused; "
            f"the first: {first_refusal}"
        )
    return (
        f"{file!r} holds no {system.name} code: give a file with a column of {system.name} codes."
    )
