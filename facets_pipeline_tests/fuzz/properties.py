"""What must hold of every reader, whatever it is given: it reads, or says why not in a sentence.

Belongs here: the one property of each reader as a function of bytes, for tests and for the fuzzer.
Does not belong here: where the bytes come from (`seeds`, `mutation`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.adapters.sources.opening import open_source
from facets_pipeline.adapters.sources.reference import open_reference
from facets_pipeline.adapters.sources.source import CodeSource, read_codes
from facets_pipeline.adapters.sources.sql_table import open_table
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.intake import RowIssue

MOST_CHARACTERS = 1_500
"""A sentence for a person; what it quotes of the input must not fill the screen."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading ended: rows that were read, and the sentence that refused the file, if any."""

    rows: int
    refusal: str = ""


Reader = Callable[[Path], Outcome]
"""Reads a file to its end and checks all that it says; anything but a sentence passes through."""


def check_sentence(text: str) -> None:
    """Check that a message is one line that can be shown, printed and stored anywhere."""
    assert text.strip(), "an empty message"
    assert len(text.splitlines()) == 1, f"more than one line: {text[:300]!r}"
    assert len(text) <= MOST_CHARACTERS, f"{len(text)} characters: {text[:300]!r}"
    check_storable(text)


def check_storable(*texts: str) -> None:
    """Check that texts can be written to every store: no NUL, no half of a character."""
    for text in texts:
        text.encode("utf-8")
        assert "\0" not in text, f"NUL in {text[:300]!r}"


def read_codes_of_all(path: Path) -> Outcome:
    """Read a code file once for every code system."""
    return _for_all(lambda system: _codes(open_source(path, system=system), system))


def read_table_codes(path: Path) -> Outcome:
    """Read the table `codes` of an SQLite database once for every code system."""
    url = f"sqlite:///{path}"
    return _for_all(lambda system: _codes(open_table(url, "codes", system), system))


def read_official(path: Path) -> Outcome:
    """Read an official table."""
    return _one(lambda: _official(path))


def read_labels(path: Path) -> Outcome:
    """Read a gold file."""
    return _one(lambda: _labels(path))


READERS: Mapping[str, Reader] = {
    "codes": read_codes_of_all,
    "official": read_official,
    "gold": read_labels,
    "sql": read_table_codes,
}
"""Every door through which a file comes in."""


def _for_all(read: Callable[[CodeSystem], int]) -> Outcome:
    found = [_one(partial(read, system)) for system in CODE_SYSTEMS.values()]
    return Outcome(sum(each.rows for each in found), found[-1].refusal)


def _one(read: Callable[[], int]) -> Outcome:
    try:
        return Outcome(read())
    except SourceError as error:
        check_sentence(str(error))
        return Outcome(0, str(error))


def _codes(source: CodeSource, system: CodeSystem) -> int:
    check_storable(source.file, source.release, source.digest)
    for note in (*source.notes, *source.columns.values()):
        check_storable(note)
    count = 0
    for row in read_codes(source, system):
        count += 1
        if isinstance(row, RowIssue):
            check_sentence(row.message)
            check_storable(row.code, row.file)
            assert len(row.code) <= 100, f"{len(row.code)} characters of a code"
        else:
            _check_code(row, system)
    return count


def _check_code(code: Code, system: CodeSystem) -> None:
    assert system.is_code(code.code)
    assert code.code.isascii()
    check_storable(
        code.short_descriptor, code.long_descriptor, code.plain_descriptor, code.category
    )
    assert len(code.descriptor_hash) == 64


def _official(path: Path) -> int:
    source = open_reference(path)
    check_storable(source.file, source.release, *source.notes)
    count = 0
    for row in source.rows():
        count += 1
        check_storable(row.code, *row.values.values())
    return count


def _labels(path: Path) -> int:
    gold = read_gold([path])
    for issue in gold.labels.issues:
        check_sentence(issue.message)
    check_storable(*gold.labels.notes.values(), *gold.layouts)
    return gold.labels.rows
