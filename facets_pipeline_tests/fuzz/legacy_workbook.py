"""Writes the smallest XLS workbook: one sheet of texts and numbers, in a compound file.

Layout after Microsoft's published descriptions of compound files (MS-CFB) and BIFF8 (MS-XLS):
sectors of 512 bytes, one allocation table, one directory, one stream named `Workbook`.
"""

import struct
from collections.abc import Sequence

_SECTOR = 512
_SMALLEST_STREAM = 4096
"""A shorter stream would have to live in sectors of another size."""
_END, _FREE, _TABLE, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF


def xls_bytes(rows: Sequence[Sequence[str | float]], sheet: str = "Codes") -> bytes:
    """Return a workbook whose one sheet holds `rows`, beginning at its first cell."""
    stream = _workbook(rows, sheet)
    stream += bytes(max(_SMALLEST_STREAM - len(stream), -len(stream) % _SECTOR))
    return _compound_file(stream)


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _beginning(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0x41, 6))


def _workbook(rows: Sequence[Sequence[str | float]], sheet: str) -> bytes:
    opening = _beginning(0x0005) + _record(0x0042, struct.pack("<H", 1200))
    name = bytes([len(sheet), 0]) + sheet.encode("latin-1")
    listed = _record(0x0085, struct.pack("<IBB", 0, 0, 0) + name)
    start = len(opening) + len(listed) + len(_record(0x000A))
    listed = _record(0x0085, struct.pack("<IBB", start, 0, 0) + name)
    width = max((len(row) for row in rows), default=0)
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    cells = b"".join(
        _cell(number, column, value)
        for number, row in enumerate(rows)
        for column, value in enumerate(row)
    )
    return opening + listed + _record(0x000A) + _beginning(0x0010) + size + cells + _record(0x000A)


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x0204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
    return _record(0x0203, place + struct.pack("<d", value))


def _compound_file(stream: bytes) -> bytes:
    """Lay out header, allocation table (sector 0), directory (sector 1) and the stream."""
    sectors = len(stream) // _SECTOR
    chain = [*range(3, sectors + 2), _END]
    table = struct.pack(f"<{2 + sectors}I", _TABLE, _END, *chain)
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, _SMALLEST_STREAM, _END, 0, _END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    directory = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    return header + table.ljust(_SECTOR, b"\xff") + directory + _entry("", 0, 0, 0) * 2 + stream


def _entry(name: str, kind: int, first: int, size: int, child: int = _NONE) -> bytes:
    encoded = (name + "\0").encode("utf-16-le") if name else b""
    links = struct.pack("<III", _NONE, _NONE, child)
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB", len(encoded), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", first, size)
    )
