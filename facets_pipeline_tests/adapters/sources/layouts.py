"""Writers of made-up code files in the layouts of CMS and the AMA. No real CPT or CDT text.

Belongs here: bytes of files. Does not belong here: what is expected of the readers.
"""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl

from facets_pipeline.adapters.sources.opening import open_source
from facets_pipeline.adapters.sources.source import CodeSource, read_codes
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.intake import RowIssue

LICENCE = [
    'You may use this "work" only as the licence says,',
    '"as is", without any warranty, and',
    "2025 is the year of it.",
    "",
]
"""Prose with quotation marks, as it stands above licensed tables."""

ANWEB_HEADER: list[object] = [
    *("HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION"),
    *("COV", "ADD DT", "ACT EFF DT", "TERM DT", "ACTION CD"),
]

PPRRVU_HEADER = (
    "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,"
    "DAYS,OP"
)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write `text` as it is, without changing line ends."""
    path.write_bytes(text.encode(encoding))
    return path


def write_lines(path: Path, lines: Sequence[str], encoding: str = "utf-8") -> Path:
    """Write lines with the line ends of Windows, as all of these files have them."""
    return write(path, "".join(f"{line}\r\n" for line in lines), encoding)


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """Write a workbook; the values keep their types."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                sheet.cell(number, column).value = value  # pyright: ignore[reportAttributeAccessIssue] (a merged cell has no value)
    book.save(path)
    return path


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a compressed archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def anweb_records(
    code: str, long: str, short: str, *, added: str = "20200101", terminated: str = ""
) -> list[str]:
    """Return the 320-character records of a code or, if it is two characters long, a modifier."""
    parts = [long[start : start + 80] for start in range(0, len(long), 80)]
    records: list[str] = []
    for number, part in enumerate(parts):
        kind = ("3" if len(code) == 5 else "7") if number == 0 else ("4" if len(code) == 5 else "8")
        record = f"{code:>5}{(number + 1) * 100:05d}{kind}{part:<80}"
        if number == 0:
            record = f"{record}{short:<28}".ljust(268) + f"{added:<8}{added:<8}{terminated:<8}N"
        records.append(record.ljust(320))
    return records


def pprrvu_line(code: str, modifier: str = "", text: str = "", *, days: str = "XXX") -> str:
    """Return a fixed-width record of a relative value file."""
    return f"{code:<5}{modifier:<2}{text:<50}A   1.25".ljust(100) + f"  0{days}  0.00".ljust(60)


def results(path: Path, system: str = "HCPCS") -> list[Code | RowIssue]:
    """Open and read a file."""
    return list(read_codes(opened(path, system), code_system(system)))


def opened(path: Path, system: str = "HCPCS") -> CodeSource:
    """Open a file."""
    return open_source(path, system=code_system(system))


def texts(path: Path, system: str = "HCPCS") -> dict[str, str]:
    """Return code to descriptor; any issue is a failure."""
    found = results(path, system)
    assert [issue for issue in found if isinstance(issue, RowIssue)] == []
    return {code.code: code.descriptor for code in found if isinstance(code, Code)}


def issues(path: Path, system: str = "HCPCS") -> list[tuple[int, str, str]]:
    """Return row, kind and rule of every issue."""
    found = results(path, system)
    return [(i.row, i.kind, i.rule) for i in found if isinstance(i, RowIssue)]
