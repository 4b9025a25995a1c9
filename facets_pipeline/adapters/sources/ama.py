"""AMA CPT text files without a header: LONGULT, LONGULF, MEDU and SHORTU.

Belongs here: their line layouts, below any number of licence lines.
Does not belong here: AMA tables with a header (`table` finds their columns). No text of the AMA.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from facets_pipeline.adapters.sources.content import Content
from facets_pipeline.adapters.sources.grid import SAMPLE_ROWS
from facets_pipeline.adapters.sources.source import CodeSource, code_source
from facets_pipeline.domain.intake import RawRow, RowIssue

_CODE_LINE = re.compile(r"([0-9A-Z][0-9]{3}[0-9A-Z])([ \t])(\S.*)")
# LONGULF: code in characters 1-5, sequence in 6-7, text in 9-80.
_SEQUENCE_LINE = re.compile(r"([0-9A-Z][0-9]{3}[0-9A-Z])([0-9]{2}) (\S.{0,71})")
# Licence prose may hold a line that looks like a code and a text; the data hold nothing else.
_LEAST_SHARE = 0.9


def ama_text_source(content: Content) -> CodeSource | None:
    """Return the source that a headerless AMA text is, or None if the text is something else."""
    lines = list(enumerate(_texts(content, SAMPLE_ROWS), start=1))
    for pattern, layout in ((_CODE_LINE, "code and text"), (_SEQUENCE_LINE, "80 columns")):
        first = next((number for number, line in lines if pattern.fullmatch(line)), None)
        if first is None:
            continue
        body = [line for number, line in lines if number >= first and line.strip()]
        # Two tabs make a table, whose columns are found elsewhere.
        fitting = [line for line in body if pattern.fullmatch(line) and line.count("\t") < 2]
        headed = first > 1 and "\t" in lines[first - 2][1]
        if len(fitting) >= _LEAST_SHARE * len(body) and not headed:
            return _source(content, pattern, layout, first)
    return None


def _source(content: Content, pattern: re.Pattern[str], layout: str, first: int) -> CodeSource:
    sequenced = pattern is _SEQUENCE_LINE
    by_tab = not sequenced and any(
        "\t" in line for line in islice(_texts(content), first - 1, first)
    )
    is_long = sequenced or by_tab or "LONG" in content.name.upper()
    role = "long" if is_long else "short"
    separator = "80 columns" if sequenced else f"code, {'tab' if by_tab else 'space'}, text"

    def read() -> Iterator[RawRow | RowIssue]:
        return _rows(content, pattern, first, is_long=is_long)

    source = code_source(content, f"AMA text layout ({separator})", read)
    note = f"The codes begin in line {first}, below other text."
    return replace(
        source,
        columns={"code": "characters 1-5 (fixed layout)", role: f"the text behind it ({layout})"},
        notes=(*source.notes, note) if first > 1 else source.notes,
    )


def _texts(content: Content, limit: int | None = None) -> Iterator[str]:
    return (line.rstrip("\r\n").rstrip() for line in islice(content.lines(), limit))


def _rows(
    content: Content, pattern: re.Pattern[str], first: int, *, is_long: bool
) -> Iterator[RawRow | RowIssue]:
    """Read code lines, joining those that continue a code (a sequence above that of the first)."""
    code, parts, start = "", list[str](), 0
    for number, line in enumerate(_texts(content), start=1):
        if number < first or not line.strip():
            continue
        match = pattern.fullmatch(line)
        if match is None:
            message = (
                "The line does not begin with a code and its text: it was cut off or is no code."
            )
            yield RowIssue(content.name, number, line[:5], "refused", "truncated_row", message)
        elif pattern is _SEQUENCE_LINE and match[1] == code:
            parts.append(match[3])
        else:
            if code:
                yield _row(content.name, start, code, parts, is_long=is_long)
            code, parts, start = match[1], [match[3]], number
    if code:
        yield _row(content.name, start, code, parts, is_long=is_long)


def _row(file: str, row: int, code: str, parts: list[str], *, is_long: bool) -> RawRow:
    text = " ".join(parts)
    return RawRow(row, file, code, long=text) if is_long else RawRow(row, file, code, short=text)
