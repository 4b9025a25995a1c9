"""How a good file is spoilt: by edits that are values, so that a failure shrinks to few of them.

Belongs here: edits of bytes, within the members of archives too, and the strategies that make them.
Does not belong here: which files are spoilt (`seeds`) and what must hold of them (`properties`).
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

Operation = Literal["insert", "overwrite", "delete", "repeat", "move", "cut"]

TOKENS = (
    *(b"\0", b"\r", b"\n", b"\r\n", b'"', b'""', b"\t", b",", b";", b"|", b"\x1a", b" ", b"'"),
    *(b"\xff", b"\x80", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0"),
    *(b"E0100", b"e0100", b"99213", b"0001F", b"A1", b"100", b"\xd9\xa1\xd9\xa2", b"\xc4\xb1"),
    *(b"code", b"HCPCS", b"long_desc", b"facet", b"value", b"HDR", b"TRL", b"RELEASED 99/99/2025"),
    *(b"99999999", b"0000-00-00", b"31/12/2020", b"9999-12-31", b"-1", b"1e999", b"nan", b"2E308"),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    *(b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"),
    *(b"<", b"/>", b"<c r=", b'r="XFD1048576"', b"&#0;", b"&#xD800;", b"<v>", b't="s"', b't="d"'),
    *(b"\xed\xa0\x80", b"\xef\xb7\xba", b"\xe2\x80\xa8", b"\xc2\x85", b"\xf0\x9f\x92\x89"),
)
"""Bytes that mean something to one of the readers."""

MOST_BYTES = 1 << 20
"""No spoilt file becomes longer: size alone is what the tests of limits are for."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of bytes.

    Attributes:
        operation: What is done.
        at: Where, as a share of 65,536 of the length.
        length: Bytes concerned.
        token: What is put there.
        times: How often it is put there.
    """

    operation: Operation
    at: int
    length: int
    token: bytes
    times: int


@dataclass(frozen=True, slots=True)
class Spoiling:
    """What is done to a file: edits of one member, if it is an archive, then edits of the whole."""

    member: int
    inner: tuple[Edit, ...]
    outer: tuple[Edit, ...]


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return `data` with all edits done, one after another."""
    for edit in edits:
        at = edit.at * len(data) // 65_536
        end = at + edit.length
        put = edit.token * edit.times
        run = data[at:end]
        again = min(edit.times, MOST_BYTES // max(1, len(run)))
        if edit.operation == "insert":
            data = data[:at] + put + data[at:]
        elif edit.operation == "overwrite":
            data = data[:at] + put + data[at + len(put) :]
        elif edit.operation == "delete":
            data = data[:at] + data[end:]
        elif edit.operation == "repeat":
            data = data[:at] + run * again + data[end:]
        elif edit.operation == "move":
            data = data[:at] + data[end:] + run
        else:
            data = data[:at]
        data = data[:MOST_BYTES]
    return data


def spoilt(data: bytes, spoiling: Spoiling) -> bytes:
    """Return `data` with one member of it spoilt, if it is an archive, and the whole thereafter."""
    if spoiling.inner:
        data = _with_member_spoilt(data, spoiling)
    return edited(data, spoiling.outer)


def _with_member_spoilt(data: bytes, spoiling: Spoiling) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        return edited(data, spoiling.inner)
    chosen = spoiling.member % len(members)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, (name, content) in enumerate(members.items()):
            changed = edited(content, spoiling.inner) if place == chosen else content
            archive.writestr(name, changed)
    return stream.getvalue()


EDITS: st.SearchStrategy[Edit] = st.builds(
    Edit,
    operation=st.sampled_from(("insert", "overwrite", "delete", "repeat", "move", "cut")),
    at=st.integers(0, 65_536),
    length=st.integers(0, 40) | st.integers(0, 5_000),
    token=st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=8),
    times=st.integers(1, 3) | st.sampled_from((1, 40, 1_000, 40_000)),
)
"""One edit; most are small, for a file that is hardly a file any more is soon refused."""

SPOILINGS: st.SearchStrategy[Spoiling] = st.builds(
    Spoiling,
    member=st.integers(0, 20),
    inner=st.lists(EDITS, max_size=4).map(tuple),
    outer=st.lists(EDITS, max_size=3).map(tuple),
)
"""What may be done to a file."""
